#!/bin/sh
# Makes a private certificate authority, once, and a certificate for each process that has none, with OpenSSL.
#   tools/make-certificates.sh <folder> <service>[:<name>...]...
# A service is a process, by its URI name; every further name is a host name, or with realm= a realm it answers:
#   tools/make-certificates.sh tls runtime curator smart-city content:realm=content postgres:db.internal
# Writes <folder>/ca.crt, ca.key, and <folder>/<service>/tls.crt, tls.key, ca.crt. Keys are for the files' owner only.
# OWNER=10001:10001 gives the folders of the services to that user. Days of validity: DAYS, 365.
set -eu
umask 077
folder=${1:?usage: make-certificates.sh <folder> <service>[:<name>...]...}
shift
mkdir -p "$folder"

new_key() {
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
}

if [ ! -s "$folder/ca.crt" ]; then
  new_key "$folder/ca.key"
  openssl req -x509 -new -key "$folder/ca.key" -days 3650 -subj '/CN=Intendant private authority' \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -out "$folder/ca.crt.new"
  mv "$folder/ca.crt.new" "$folder/ca.crt"
fi

for wanted in "$@"; do
  service=${wanted%%:*}
  own="$folder/$service"
  [ -s "$own/tls.crt" ] && continue
  mkdir -p "$own"
  names="URI:intendant://service/$service,DNS:$service"
  for name in $(printf '%s' "${wanted#"$service"}" | tr ':' ' '); do
    case $name in
      realm=*) names="$names,URI:intendant://realm/${name#realm=}" ;;
      *) names="$names,DNS:$name" ;;
    esac
  done
  new_key "$own/tls.key"
  openssl req -new -key "$own/tls.key" -subj "/CN=$service" -out "$own/request.csr"
  printf '%s\n' "subjectAltName=$names" 'extendedKeyUsage=serverAuth,clientAuth' \
    'keyUsage=critical,digitalSignature' 'basicConstraints=critical,CA:FALSE' > "$own/extensions"
  openssl x509 -req -in "$own/request.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -CAcreateserial \
    -days "${DAYS:-365}" -extfile "$own/extensions" -out "$own/tls.crt.new" 2> /dev/null
  rm "$own/request.csr" "$own/extensions"
  cp "$folder/ca.crt" "$own/ca.crt"
  if [ -n "${OWNER:-}" ]; then chown -R "$OWNER" "$own"; fi
  # Last: whoever finds it takes the rest for done, also after a run that broke off.
  mv "$own/tls.crt.new" "$own/tls.crt"
done
