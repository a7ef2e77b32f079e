#!/bin/sh
# Puts Graft Studio into the desktop's menu: launcher, description and icons.
#   packaging/linux/install.sh [--prefix DIR] [--command PATH] [--remove]
# PATH is the graft-studio that the launcher starts; it defaults to the one of the checkout's .venv, else the one on PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
id=io.github.graft_studio.GraftStudio
prefix=${XDG_DATA_HOME:-$HOME/.local/share}
command=$top/.venv/bin/graft-studio
[ -x "$command" ] || command=graft-studio
remove=
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) prefix=$2/share; shift 2 ;;
        --command) command=$2; shift 2 ;;
        --remove) remove=yes; shift ;;
        *) sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done

launcher=$prefix/applications/$id.desktop
metainfo=$prefix/metainfo/$id.metainfo.xml
icons=$prefix/icons/hicolor
if [ -n "$remove" ]; then
    rm -f "$launcher" "$metainfo" "$icons"/*/apps/$id.png "$icons/scalable/apps/$id.svg"
    exit 0
fi

# Exec reads % as a field code, and splits at spaces and more unless the path is quoted; in quotes some signs have a
# backslash before them, which is written twice, as every backslash of a launcher
quoted=$(printf '%s' "$command" | sed 's/%/%%/g')
case $command in
    *[!A-Za-z0-9/._+%-]*) quoted="\"$(printf '%s' "$quoted" | sed -e 's/\\/\\\\\\\\/g' -e 's/["`$]/\\\\&/g')\"" ;;
esac
mkdir -p "$prefix/applications" "$prefix/metainfo" "$icons/scalable/apps"
while IFS= read -r line; do
    case $line in
        Exec=graft-studio*) printf 'Exec=%s%s\n' "$quoted" "${line#Exec=graft-studio}" ;;
        *) printf '%s\n' "$line" ;;
    esac
done <"$here/$id.desktop" >"$launcher"
cp "$here/$id.metainfo.xml" "$metainfo"
cp "$top/resources/icons/icon.svg" "$icons/scalable/apps/$id.svg"
for picture in "$top"/resources/icons/icon-*.png; do
    size=${picture##*icon-}
    size=${size%.png}
    mkdir -p "$icons/${size}x$size/apps"
    cp "$picture" "$icons/${size}x$size/apps/$id.png"
done
