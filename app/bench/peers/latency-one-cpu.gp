set title "Request and answer, 64 bytes, blocking, both on one processor"
set ylabel "microseconds (less is better)"
set logscale y
set xlabel "percentile of the round trips"
set xrange [0.8:5.2]
set xtics ("10" 1, "50" 2, "90" 3, "99" 4, "99.9" 5)
