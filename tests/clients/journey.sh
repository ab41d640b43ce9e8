#!/bin/sh
# The journey with curl: sh journey.sh BASE_URL KEY IMAGE
set -eu

groups="$1/api/application/groups" authorization="Authorization: Bearer $2"

# Prints the status, and what the first group of a pattern finds in the body.
step() {
    name=$1 pattern=$2
    shift 2
    answer=$(curl --silent --show-error --write-out '\n%{http_code}' "$@")
    status=${answer##*
}
    body=$(printf %s "${answer%
*}" | tr -d '\n')
    printf '"%s": [%s, "%s"]\n' "$name" "$status" "$(printf %s "$body" | sed -nE "s/.*$pattern.*/\\1/p")"
}

step list '"total":([0-9]+)' -H "$authorization" "$groups"
step create '"name":"([^"]*)"' -H "$authorization" -d 'name=Élite ☃' -d slug=elite-$$ -d description=x -d status=active -d sort_order=0 "$groups"
url="$groups/$(printf %s "$body" | sed -nE 's/.*"id":([0-9]+).*/\1/p')"
step upload '"image":"[^"]*\.([a-z]+)"' -H "$authorization" -F "image=@$3" "$url"
step xml '<name>([^<]*)<' -H "$authorization" -H 'Accept: application/xml' "$url"
head -c 8000000 /dev/zero | step 'too large' '"title": ?"([^"]*)"' -H "$authorization" -H 'Content-Type: application/json' --data-binary @- "$url"
head -c 3000000 /dev/zero | step 'without key' '"title": ?"([^"]*)"' -H 'Content-Type: application/json' --data-binary @- "$url"
step delete '(nothing)' -H "$authorization" -X DELETE "$url"
step gone '"title": ?"([^"]*)"' -H "$authorization" "$url"
