set terminal svg size 760,460 font "sans-serif,13" background "#ffffff"
set key outside right top
set grid
set border 3
set tics nomirror
