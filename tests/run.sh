#!/usr/bin/env bash
# Builds everything and runs every test. Last line: N passed, N failed, N skipped. Exit code 0 only when all is as it should be;
# 3 when something that the tests need cannot be installed here, which is no failure of the tests.
#   --large   also the tests that take long or need much disk (MODELTRACK_TEST_LARGE=1)
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_UI_LANGUAGE=en DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
configuration=Release

for argument in "$@"; do
  case $argument in
    --large) export MODELTRACK_TEST_LARGE=1 ;;
    *) echo "Unknown argument $argument; known: --large" >&2; exit 2 ;;
  esac
done

cannot_install() { echo "CANNOT INSTALL: $1" >&2; exit 3; }

# need COMMAND PACKAGE: has the command, or gets it from Debian.
need() {
  command -v "$1" > /dev/null && return
  echo "Installing $2 ..."
  local sudo=""; [ "$(id -u)" = 0 ] || sudo=sudo
  command -v apt-get > /dev/null || cannot_install "$1 is missing and there is no apt-get to install $2 with."
  $sudo apt-get install -y -qq "$2" > /dev/null 2>&1 || { $sudo apt-get update -qq && $sudo apt-get install -y -qq "$2"; } > /dev/null 2>&1
  command -v "$1" > /dev/null || cannot_install "$2 (for the command $1) could not be installed."
}

command -v dotnet > /dev/null || cannot_install "the .NET SDK is missing: https://dotnet.microsoft.com/download (see global.json for the version)."
dotnet --version > /dev/null || cannot_install "no .NET SDK here fits global.json."
need git git
# Not on everybody's PATH.
PATH=$PATH:/usr/sbin need sshd openssh-server
# Ceph's gateway is the S3 server of the tests: tests/radosgw.sh.
need ceph ceph-common
need ceph-mon ceph-mon
need ceph-osd ceph-osd
need radosgw radosgw

# The servers that the tests of the HTTP remotes start. Debian keeps nginx where a user's PATH does not look.
PATH=$PATH:/usr/sbin:/sbin
# libgit2 reads repositories within a build; its package has the version in its name, and that differs between systems.
# Not grep -q: it would end before its writer, whose broken pipe then counts as the failure.
has_libgit2() { ldconfig -p | grep -E 'libgit2\.so\.1\.[567] ' > /dev/null; }
for package in libgit2-1.5 libgit2-1.7; do
  has_libgit2 || { sudo=""; [ "$(id -u)" = 0 ] || sudo=sudo; $sudo apt-get install -y -qq "$package" > /dev/null 2>&1 || { $sudo apt-get update -qq && $sudo apt-get install -y -qq "$package"; } > /dev/null 2>&1; }
done
has_libgit2 || cannot_install "libgit2 1.5, 1.6 or 1.7 (Debian's libgit2-1.5) could not be installed."
need nginx nginx-light
nginx -V 2>&1 | grep http_dav_module > /dev/null || cannot_install "the nginx here has no dav module (Debian's nginx-light has)."
need rclone rclone
need node nodejs
need npm npm
azurite=3.35.0
if ! grep -qs "\"version\": \"$azurite\"" artifacts/azurite/node_modules/azurite/package.json; then
  echo "Installing azurite $azurite ..."
  mkdir -p artifacts/azurite && npm install --prefix artifacts/azurite --no-save --no-audit --no-fund --ignore-scripts --loglevel=error "azurite@$azurite" > /dev/null 2>&1
  [ -f artifacts/azurite/node_modules/azurite/dist/src/blob/main.js ] || cannot_install "azurite $azurite could not be installed from npm."
fi

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
started=$SECONDS
if ! dotnet build ModelTrack.Build.sln -c "$configuration" -v:q -nologo > "$logs/build" 2>&1; then
  cat "$logs/build"
  echo "The build failed; no test ran."
  exit 1
fi
printf '%-28s %4d s\n' build $((SECONDS - started))

passed=0 failed=0 skipped=0 broken=0
for project in tests/*Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  log=$logs/$name
  started=$SECONDS
  dotnet run --no-build -c "$configuration" --project "$project" -- --no-ansi --progress off > "$log" 2>&1
  code=$?
  # The summary comes last; a run that died before it has none, and counts as broken.
  read -r p f s < <(awk '/^Test run summary:/ { seen = 1; p = f = s = "" }
    seen && $1 == "succeeded:" { p = $2 } seen && $1 == "failed:" { f = $2 } seen && $1 == "skipped:" { s = $2 }
    END { print (p == "" ? "- - -" : p " " f " " s) }' "$log")
  if [ "$p" = - ]; then
    cat "$log"
    echo "$name ended with exit code $code and without a summary."
    broken=1
    continue
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  printf '%-28s %4d s   %d passed, %d failed, %d skipped\n' "$name" $((SECONDS - started)) "$p" "$f" "$s"
  if [ "$code" != 0 ]; then
    broken=1
    grep -v '^passed ' "$log"
  fi
  # A test that quietly skips proves nothing: each one that may is listed by name.
  while read -r test; do
    if ! grep -qxF "$test" tests/allowed-skips.txt; then
      echo "$name skipped $test, which tests/allowed-skips.txt does not allow."
      broken=1
    fi
  done < <(sed -n 's/^skipped \([^ (]*\).*/\1/p' "$log")
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$broken" = 0 ]
