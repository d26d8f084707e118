# Measures texts with tools that every system has: lines, words, bytes, headings, the most frequent words, a checksum.
#
# A worker of Agent Jobs in POSIX sh: requests on standard input, one JSON a line, `{"id":ID,"item":{"path":PATH},"attempt":N}`;
# a reply for each on standard output; standard error goes to the item log. The working directory is the job file's.
set -u

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1; }

# "the","and","of"
frequent_words() {
  LC_ALL=C tr '[:upper:]' '[:lower:]' | LC_ALL=C tr -cs '[:lower:]' '\n' | grep '....' | sort | uniq -c | sort -k 1,1nr -k 2 |
    head -n 3 | sed 's/^ *[0-9]* \(.*\)$/"\1"/' | paste -s -d , -
}

# PATH of a JSON string's text, of which only \" and \\ are read; fails at any other escape.
unquoted() {
  case $(printf '%s\n' "$1" | sed 's/\\["\\]//g') in *\\*) return 1 ;; esac
  printf '%s\n' "$1" | sed -e 's/^"//' -e 's/"$//' -e 's/\\\(["\\]\)/\1/g'
}

fail() { printf '{"id":%s,"error":{"message":"%s","cause":"bad-request"}}\n' "$1" "$2"; }

while IFS= read -r line; do
  case $line in '{"type":"hello"'*) continue ;; esac
  # Both are cut out as they stand: nothing within a JSON string looks like this, since its quotes are escaped.
  rest=${line#'{"id":'}
  id=${rest%%',"item":{"path":'*}
  path=${rest#*',"item":{"path":'}
  path=${path%'},"attempt":'*}
  if ! file=$(unquoted "$path"); then
    fail "$id" "the path holds characters that this worker does not read"
  elif ! test -f "$file" || ! test -r "$file"; then
    printf 'cannot read %s\n' "$file" >&2
    fail "$id" "the file cannot be read"
  else
    # shellcheck disable=SC2046 # three words
    set -- $(wc -l -w -c <"$file")
    printf '{"id":%s,"result":{"lines":%d,"words":%d,"bytes":%d,"headings":%d,"frequent":[%s],"sha256":"%s"}}\n' "$id" \
      "$1" "$2" "$3" "$(grep -c '^#' "$file")" "$(frequent_words <"$file")" "$(sha256 <"$file")"
  fi
done
