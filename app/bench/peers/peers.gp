set title "Request and answer beside idle peers, all on one processor, median"
set ylabel "microseconds (less is better)"
set logscale xy
set xlabel "idle peers"
set xrange [0.9:600]
set xtics ("1" 1, "100" 100, "500" 500)
