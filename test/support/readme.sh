# For scripts that try the two programs in README.md, each in its own way: takes them out, and runs
# a built pair. Who sources this has set $root, the folder of the sources, and defines fail().

primary=

# Each block that begins with the comment "name.c" goes into a file of that name.
take_programs() { # FOLDER
	awk -v dir="$1" '
		/^```c$/ { inside = 1; file = ""; next }
		/^```$/  { inside = 0 }
		inside && file == "" { file = dir "/" $2 }
		inside { print > file }
	' "$root/README.md"
	[ "$(cd "$1" && echo *)" = "primary.c secondary.c" ] ||
		fail "expected two programs, found: $(ls "$1")"
}

end_primary() {
	[ -z "$primary" ] || kill -9 "$primary" 2>/dev/null || true
	primary=
}

# FOLDER has `primary` and `secondary`, and becomes the place of the socket.
run_pair() { # FOLDER
	local dir=$1 seen
	export RUNTIME_DIRECTORY=$dir
	rm -f "$dir/enter"
	mkfifo "$dir/enter"
	"$dir/primary" <"$dir/enter" &
	primary=$!
	exec 4>"$dir/enter"

	seen=$("$dir/secondary") || fail "the secondary failed" # it waits for its primary
	[ "$seen" = "$(head -c 512 /etc/os-release)" ] ||
		fail "the secondary did not print the file: $seen"
	echo >&4
	exec 4>&-
	wait "$primary" || fail "the primary ended with $?"
	primary=
	[ ! -e "$dir/example.sock" ] || fail "the socket is still there"
}
