#!/bin/bash
# Makes the cluster of one node and its bucket; what is there already stays as it is.
set -euo pipefail
: "${COUCHBASE_BUCKET:?}" "${COUCHBASE_USERNAME:?}" "${COUCHBASE_PASSWORD:?}"

cluster=http://couchbase:8091
login=(--cluster "$cluster" --username "$COUCHBASE_USERNAME" --password "$COUCHBASE_PASSWORD")

if ! couchbase-cli server-list "${login[@]}" > /dev/null 2>&1; then
  couchbase-cli cluster-init --cluster "$cluster" \
    --cluster-username "$COUCHBASE_USERNAME" --cluster-password "$COUCHBASE_PASSWORD" \
    --services data,index,query --cluster-ramsize 512 --cluster-index-ramsize 256
fi
if ! couchbase-cli bucket-list "${login[@]}" | grep --quiet --line-regexp "$COUCHBASE_BUCKET"; then
  couchbase-cli bucket-create "${login[@]}" --bucket "$COUCHBASE_BUCKET" --bucket-type couchbase \
    --bucket-ramsize 256 --bucket-replica 0 --wait
fi
