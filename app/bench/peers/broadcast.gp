set title "Broadcast of 64 bytes"
set ylabel "deliveries in a second (more is better)"
set logscale xy
set format y "%.0s %c"
set xlabel "receivers"
set xrange [0.9:72]
set xtics ("1" 1, "4" 4, "16" 16, "64" 64)
