set title "One-way stream: every byte written by the sender and read by the receiver"
set ylabel "GB/s (more is better)"
set logscale xy
set xlabel "size of a message"
set xtics ("64" 64, "512" 512, "4 Ki" 4096, "32 Ki" 32768, "256 Ki" 262144, "1 Mi" 1048576, "16 Mi" 16777216)
