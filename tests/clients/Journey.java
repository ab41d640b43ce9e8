// The journey with what comes with Java: java Journey.java BASE_URL KEY IMAGE HttpURLConnection|HttpClient

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Journey {
    record Answer(int status, String text) {}

    interface Client {
        Answer send(String method, String url, String key, String type, String accept, byte[] body) throws Exception;
    }

    static Answer byConnection(String method, String url, String key, String type, String accept, byte[] body) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setRequestMethod(method);
        if (key != null) connection.setRequestProperty("Authorization", "Bearer " + key);
        if (type != null) connection.setRequestProperty("Content-Type", type);
        if (accept != null) connection.setRequestProperty("Accept", accept);
        if (body != null) {
            connection.setDoOutput(true);
            connection.getOutputStream().write(body);
        }
        int status = connection.getResponseCode();
        InputStream stream = status < 400 ? connection.getInputStream() : connection.getErrorStream();
        return new Answer(status, stream == null ? "" : new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    }

    static final HttpClient CLIENT = HttpClient.newHttpClient();

    static Answer byClient(String method, String url, String key, String type, String accept, byte[] body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
        if (key != null) request.header("Authorization", "Bearer " + key);
        if (type != null) request.header("Content-Type", type);
        if (accept != null) request.header("Accept", accept);
        request.method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(body));
        HttpResponse<String> answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
        return new Answer(answer.statusCode(), answer.body());
    }

    static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) throw new IllegalStateException("no " + pattern + " in " + text);
        return matcher.group(1);
    }

    static byte[] form(String boundary, Path file) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        String head = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"image\"; filename=\"" + file.getFileName()
            + "\"\r\nContent-Type: image/png\r\n\r\n";
        out.write(head.getBytes(StandardCharsets.UTF_8));
        out.write(Files.readAllBytes(file));
        out.write(("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    static void print(String step, int status, String text) {
        System.out.println("\"" + step + "\": [" + status + ", \"" + text + "\"]");
    }

    public static void main(String[] arguments) throws Exception {
        System.setOut(new java.io.PrintStream(System.out, true, StandardCharsets.UTF_8));
        String groups = arguments[0] + "/api/application/groups", key = arguments[1], json = "application/json";
        Client client = arguments[3].equals("HttpURLConnection") ? Journey::byConnection : Journey::byClient;
        Answer answer = client.send("GET", groups, key, null, null, null);
        print("list", answer.status(), found("\"total\":(\\d+)", answer.text()));
        String group = "{\"name\": \"Élite ☃\", \"slug\": \"elite-" + ProcessHandle.current().pid() + "\", \"description\": \"x\", \"status\": \"active\", \"sort_order\": 0}";
        answer = client.send("POST", groups, key, json, null, group.getBytes(StandardCharsets.UTF_8));
        print("create", answer.status(), found("\"name\":\"(.*?)\"", answer.text()));
        String url = groups + "/" + found("\"id\":(\\d+)", answer.text());
        answer = client.send("POST", url, key, "multipart/form-data; boundary=xyz", null, form("xyz", Path.of(arguments[2])));
        print("upload", answer.status(), found("\"image\":\"(.*?)\"", answer.text()).replaceAll(".*\\.", ""));
        answer = client.send("GET", url, key, null, "application/xml", null);
        print("xml", answer.status(), found("<name>(.*?)</name>", answer.text()));
        answer = client.send("POST", url, key, json, null, new byte[8_000_000]);
        print("too large", answer.status(), found("\"title\": ?\"(.*?)\"", answer.text()));
        answer = client.send("POST", url, null, json, null, new byte[3_000_000]);
        print("without key", answer.status(), found("\"title\": ?\"(.*?)\"", answer.text()));
        print("delete", client.send("DELETE", url, key, null, null, null).status(), "");
        answer = client.send("GET", url, key, null, null, null);
        print("gone", answer.status(), found("\"title\": ?\"(.*?)\"", answer.text()));
    }
}
