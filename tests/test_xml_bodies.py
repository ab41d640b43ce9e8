"""Bodies in XML: the same values as in JSON, and whatever else is sent gets one clear problem."""

import pytest

from app.xml.parsing import ITEMS
from tests.factories import a_group, a_product, a_service

pytestmark = pytest.mark.once

XML = {"Content-Type": "application/xml"}
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


@pytest.fixture
def send(client, session):
    """Send a body to a group named Before; returns the answer and the name after it."""
    group = a_group(session, name="Before")

    def send(body, content_type="application/xml"):
        body = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": content_type}
        answer = client.post(f"/groups/{group.id}", content=body, headers=headers)
        return answer, client.get(f"/groups/{group.id}").json()["name"]

    return send


def named(content):
    return f"<group><name>{content}</name></group>"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (named("After"), "After"),
        ('<?xml version="1.0"?>' + named("After"), "After"),
        ('<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n' + named("After"), "After"),
        ("\ufeff" + named("After"), "After"),
        ('\ufeff<?xml version="1.0" encoding="UTF-16"?>'.encode("utf-16-le")
         + named("Après").encode("utf-16-le"), "Après"),
        (named("Après").encode("utf-16"), "Après"),
        (("\ufeff" + named("Après")).encode("utf-16-be"), "Après"),
        (named("Af<!-- a remark -->ter"), "After"),
        (named("<![CDATA[<b> & ]]>more"), "<b> & more"),
        (named("&lt;b&gt; &amp; &#x41;&#66;"), "<b> & AB"),
        (named("  After\n "), "After"),
        (named("\U0001f600"), "\U0001f600"),
        (named("a&#13;b"), "a\rb"),
        (named("a_x0001_b"), "a\x01b"),
        (named("a_x005F_x0001_b"), "a_x0001_b"),
        (named("a_x0041_xD800_b"), "a_x0041_xD800_b"),
        (f"<group {XSI}><badge_title xsi:nil='true'/><name>After</name></group>", "After"),
        (f"<group {XSI} xsi:schemaLocation='a b' lang='fr'><name id='1'>After</name></group>",
         "After"),
        ("<group><unknown><x/><x/></unknown><unknown/><name>After</name></group>", "After"),
    ],
    ids=lambda value: ascii(value)[:50],
)  # fmt: skip
def test_a_body_in_xml_means_what_it_says(send, body, name):
    answer, after = send(body)
    assert answer.status_code == 200, answer.text
    assert after == name


@pytest.mark.parametrize(
    "content_type",
    ["application/xml", "text/xml", "Application/XML; charset=UTF-8", 'text/xml;charset="utf-8"'],
)
def test_xml_has_several_names(send, content_type):
    assert send(named("Après"), content_type)[1] == "Après"


def test_every_type_comes_through(client, session):
    product, service = a_product(session), a_service(session)
    body = f"""<product {XSI}><stock>20</stock><pinned>true</pinned><pricing>
        <monthly><price>5.49</price><setup xsi:nil="true"/></monthly><annually xsi:nil="1"/>
        </pricing></product>"""
    answer = client.post(f"/products/{product.id}", content=body, headers=XML)
    assert (answer.status_code, answer.json()["stock"], answer.json()["pinned"]) == (200, 20, True)
    pricing = client.get(f"/products/{product.id}?include=pricing").json()["pricing"]
    assert (pricing[0]["monthly"], pricing[0]["setup_monthly"]) == (5.49, None)
    body = f"""<service {XSI}><data type="object">
        <entry key="a b" type="integer">1</entry><entry key="list" type="array">
        <item type="number">1.5</item><item type="boolean">0</item><item xsi:nil="true"/></entry>
        <node>pve1</node><empty type="object"/><none type="array"/></data></service>"""
    answer = client.post(f"/services/{service.id}", content=body, headers=XML)
    assert answer.json()["data"] == {
        "a b": 1, "list": [1.5, False, None], "node": "pve1", "empty": {}, "none": [],
    }  # fmt: skip


def test_what_was_read_can_be_sent_back(client, session):
    service = a_service(session)
    path = f"/services/{service.id}"
    read = client.get(path, headers={"Accept": "application/xml"})
    assert client.post(path, content=read.content, headers=XML).status_code == 200


def test_wrong_values_are_named_as_in_json(client, session):
    path = f"/products/{a_product(session).id}"
    value = {"stock": "many", "pinned": {"a": "1"}, "name": None, "pricing": {"hourly": "1"}}
    body = f"""<product {XSI}><stock>many</stock><pinned><a>1</a></pinned><name xsi:nil="true"/>
        <pricing><hourly>1</hourly></pricing></product>"""
    answer = client.post(path, content=body, headers=XML)
    assert answer.status_code == 422
    assert answer.json() == client.post(path, json=value).json()


BOMB = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
DTD = [
    '<!DOCTYPE group><group><name>x</name></group>',
    '<!DOCTYPE group [<!ELEMENT group ANY>]><group/>',
    '<!DOCTYPE g [<!ENTITY a "x">]><group><name>&a;</name></group>',
    f'<!DOCTYPE g [<!ENTITY a0 "ha">{BOMB}]><group><name>&a9;</name></group>',
    f'<!DOCTYPE g [<!ENTITY a "{"x" * 100_000}">]><group><name>{"&a;" * 1000}</name></group>',
    '<!DOCTYPE g SYSTEM "file:///etc/passwd"><group/>',
    '<!DOCTYPE g PUBLIC "-//x" "http://127.0.0.1:1/x.dtd"><group/>',
    '<!DOCTYPE g [<!ENTITY a SYSTEM "file:///etc/passwd">]><group><name>&a;</name></group>',
    '<!DOCTYPE g [<!ENTITY % a SYSTEM "http://127.0.0.1:1/x"> %a;]><group/>',
    '<!DOCTYPE g [<!ENTITY % a "<!ENTITY b \'x\'>"> %a;]><group><name>&b;</name></group>',
    '<!DOCTYPE g [<!ATTLIST group name CDATA "x">]><group/>',
    '<!DOCTYPE g [<!NOTATION n SYSTEM "n"><!ENTITY a SYSTEM "a" NDATA n>]><group/>',
]  # fmt: skip
XI = 'xmlns:xi="http://www.w3.org/2001/XInclude"'
MALFORMED = [
    "<", "<group>", "<group><name>x</group></name>", "<group/><group/>", "text", " ",
    "<group/>text", "</group>", "<group><name>x</name>", "<group name=x/>", "<group a='1' a='2'/>",
    "<1group/>", "<group>&unknown;</group>", "<group>& </group>", named("]]>"), "{}",
    "<group><name><![CDATA[x</name></group>", "<group><!-- -- --></group>", "<?xml?><group/>",
    ' <?xml version="1.0"?><group/>', '<?xml version="1.1"?><group/>',
    '<?xml version="1.0" encoding="UTF-7"?><group/>',
    '<?xml version="1.0" encoding="ISO-8859-1"?><group/>',
    '<?xml version="1.0" encoding="UTF-16"?><group/>',
    '<?xml version="1.0" encoding="nonsense"?><group/>',
    '<?xml-stylesheet href="http://127.0.0.1:1/"?><group/>', "<group><?php echo 1?></group>",
    "<product/>", "<GROUP/>", "<html><body/></html>", "<group xmlns='urn:x'/>",
    "<x:group xmlns:x='urn:x'/>", "<x:group/>",
    f"<group {XI}><xi:include href='file:///etc/passwd' parse='text'/></group>",
    "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/></s:Envelope>",
    "<group><name>a</name><name>b</name></group>",
    "<group><name>a</name><entry key='name'>b</entry></group>", "<group>text<name>a</name></group>",
    f"<group {XSI}><name xsi:nil='true'>a</name></group>",
    "<group>" * 100_000, "<group>" + "<a>" * 100 + "</a>" * 100 + "</group>",
    "<group>" + "<a/>" * ITEMS + "</group>",
    "<group " + " ".join(f"a{n}=''" for n in range(ITEMS + 1)) + "/>",
    "<group><sort_order>" + "9" * 5000 + "</sort_order></group>",
    "<group" + " " * 1_000_000, f"<{'a' * 1_000_000}/>", f"<group a='{'x' * 1_000_000}",
    "+ADw-group+AD4-", "\u00e9",
]  # fmt: skip
BYTES = [
    b"\x00", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"<group>\xc3\x28</group>",
    named("x").encode("utf-16-le"), named("x").encode("utf-16-be"), named("x").encode("utf-32"),
    b"\xff\xfe" + named("x").encode("utf-16-le")[:-1], "<group>\xe9</group>".encode("latin-1"),
    b"\xff\xfe<\x00\x00\xd8>\x00", b"\x4c\x6f\xa7\x94\x93",
]  # fmt: skip


@pytest.mark.parametrize(
    "body", [*DTD, *MALFORMED, *BYTES], ids=lambda body: f"{ascii(body)[:40]} {len(body)}"
)
def test_a_body_that_is_not_our_xml_is_malformed(send, body):
    answer, after = send(body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/api/problems/malformed-request"
    assert "root:" not in answer.text
    assert len(answer.content) < 2000
    assert after == "Before"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (named("a&#1;b"), "body"),
        (named("a&#0;b"), "body"),
        (named("a&#xD800;b"), "body"),
        (named("a\x01b"), "body"),
        (named("a\x00b"), "body"),
        (named("a\uffffb"), "body"),
        (named("a_x0000_b"), "name"),
        (f"<group {XSI} xsi:nil='true'/>", "body"),
        ("<group>text</group>", "body"),
        ("<group><sort_order>many</sort_order></group>", "sort_order"),
        ("<group><sort_order>1e2000000000</sort_order></group>", "sort_order"),
        ("<group><pinned><x/></pinned></group>", "pinned"),
    ],
)
def test_what_cannot_be_kept_is_named(send, body, field):
    answer, after = send(body)
    assert answer.status_code == 422, answer.text
    assert set(answer.json()["errors"]) == {field}
    assert after == "Before"


@pytest.mark.parametrize("charset", ["utf-7", "iso-8859-1", "utf-16", "nonsense", "utf-8x"])
def test_other_charsets_are_refused(send, charset):
    answer, after = send(named("After"), f"application/xml; charset={charset}")
    assert (answer.status_code, after) == (400, "Before")


@pytest.mark.parametrize(
    "data",
    [
        "<data type='integer'>x</data>",
        "<data type='integer'>1.5</data>",
        "<data type='boolean'>2</data>",
        "<data type='object'>x</data>",
        "<data type='array'>x</data>",
        "<data type='array'><entry key='a'/></data>",
        "<data type='string'><item/></data>",
        "<data type='xs:string'>a</data>",
        "<data><a/><a/></data>",
        "<data><a/><entry key='a'/></data>",
    ],
)
def test_a_free_value_is_what_it_says_it_is(client, session, data):
    path = f"/services/{a_service(session).id}"
    before = client.get(path).json()["data"]
    answer = client.post(path, content=f"<service>{data}</service>", headers=XML)
    assert answer.status_code == 400, answer.text
    assert client.get(path).json()["data"] == before


def test_the_depth_that_json_may_have_xml_may_have_too(client, session):
    service = a_service(session)
    for depth, status in ((63, 200), (64, 400)):
        value = 1
        for _ in range(depth):
            value = {"a": value}
        entries = "<a>" * (depth - 1) + "<a type='integer'>1</a>" + "</a>" * (depth - 1)
        in_json = client.post(f"/services/{service.id}", json={"data": value})
        body = f"<service><data>{entries}</data></service>"
        in_xml = client.post(f"/services/{service.id}", content=body, headers=XML)
        assert (in_json.status_code, in_xml.status_code) == (status, status)
        if status == 200:
            assert in_xml.json()["data"] == in_json.json()["data"] == value


def test_no_body_at_all_is_an_empty_one(client, session):
    answer = client.post(f"/groups/{a_group(session).id}", content=b"", headers=XML)
    assert answer.status_code == 200
