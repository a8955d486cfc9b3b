#!/bin/sh
# Builds bot/map/data/DejaVuSans*.ttf (development only): the letters that maps are written with.
#
# usage: sh tools/fonts.sh FOLDER_OF_TTF_FILES     (needs the PyPI package fonttools, 4.68.0 was used)
#
# DejaVu Sans 2.37, from the npm package dejavu-fonts-ttf 2.37.3, cut to Latin, Cyrillic, and Arabic with its joined
# forms. Layout tables go: bot/map/lettering.py joins letters itself. bot/map/data/DejaVu-LICENSE.txt is its licence.
set -e
for cut in "" -Bold; do
    pyftsubset "$1/DejaVuSans$cut.ttf" --no-hinting --layout-features='' \
        --output-file="$(dirname "$0")/../bot/map/data/DejaVuSans$cut.ttf" \
        --unicodes="U+0020-007E,U+00A0-024F,U+0259,U+02BB-02BC,U+02C6-02DD,U+0300-0338,U+0400-052F,U+060C,\
U+061B,U+061F,U+0621-065F,U+0660-06D5,U+06F0-06F9,U+1E00-1EFF,U+2010-2027,U+2030-203A,U+2190-2195,U+25A0-25CF,\
U+FB50-FBFF,U+FE70-FEFC,U+FFFD"
done
