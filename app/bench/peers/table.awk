# Lines "KIND WHAT WORKLOAD SYSTEM VALUE" to a table in Markdown: a row for each workload and what.
# A system that lost messages has that behind its rate.

function short(v) {
	if (v >= 1e6)
		return sprintf("%.2f M", v / 1e6)
	if (v >= 1e4)
		return sprintf("%.0f k", v / 1e3)
	if (v >= 1e3)
		return sprintf("%.1f k", v / 1e3)
	return sprintf("%.0f", v)
}

function us(v) {
	v /= 1000
	return sprintf((v < 10 ? "%.2f" : (v < 100 ? "%.1f" : "%.0f")), v)
}

BEGIN {
	n = split("cohort cohort-in-place zmq nng nanomsg libqb sd-bus dbus-broker iceoryx dpdk-rte-mp raw-spin raw-futex raw-seqpacket raw-ring raw-memfd raw-sendmsg", systems)
	w = split("rtt-block rtt-one-cpu rtt-spin peers-1 peers-100 peers-500 async-64 stream-64 stream-512 stream-4k stream-32k body-256k body-1m body-16m broadcast-1 broadcast-4 broadcast-16 broadcast-64 fds-1", workloads)
}

$1 == "lost" {
	lost[$3, $4] = $5
	next
}

{
	unit = $1 == "us" ? $2 ", us" : $1 == "gb" ? "GB/s" : $2 "/s"
	cell[$3, unit, $4] = $1 == "us" ? us($5) : $1 == "gb" ? sprintf("%.2f", $5) : short($5)
	units[$3] = units[$3] (index(units[$3], unit) ? "" : unit "|")
	seen[$4] = 1
}

END {
	printf "| workload | unit |"
	for (s = 1; s <= n; s++)
		if (systems[s] in seen)
			printf " %s |", systems[s]
	printf "\n|---|---|"
	for (s = 1; s <= n; s++)
		if (systems[s] in seen)
			printf "---:|"
	print ""
	for (i = 1; i <= w; i++) {
		count = split(units[workloads[i]], unit_of, "|") - 1
		for (u = 1; u <= count; u++) {
			printf "| %s | %s |", workloads[i], unit_of[u]
			for (s = 1; s <= n; s++) {
				if (!(systems[s] in seen))
					continue
				share = lost[workloads[i], systems[s]]
				printf " %s%s |", cell[workloads[i], unit_of[u], systems[s]],
				       (share >= 0.5 ? sprintf(" (%.0f %% lost)", share) : "")
			}
			print ""
		}
	}
}
