# What the scripts of test/cli share. Each of their functions whose name begins with `test_` is a
# case, and the rest of its name the sentence that it proves. It runs in a shell of its own, with
# `set -e`: it fails with the first command that does. What it has started in the background is
# ended afterwards.
#
# shellcheck shell=bash

: "${out:?is the folder of a build}"
cohort=$(realpath "$out")/cohort
scratch=$(mktemp -d "${COHORT_TEST_DIR:-/tmp}/cli-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# Channels without '/' in their names are in the case's own folder.
unset RUNTIME_DIRECTORY
export LC_ALL=C TZ=UTC

fail() {
	echo "$*" >&2
	exit 1
}

cohort() {
	"$cohort" "$@"
}

# Starts the tool in the background, with SIGINT as a shell at a terminal would leave it.
start() { # ARGUMENT...
	env --default-signal=INT "$cohort" "$@" &
	started=$! # for the case
}

# Starts a primary and waits for it.
serve() { # CHANNEL ARGUMENT...
	start serve "$@"
	cohort wait "$1" --timeout 30
}

# Starts a secondary with actions and waits until the primary knows of them.
listens() { # CHANNEL ACTION ARGUMENT...
	start listen "$@"
	cohort wait "$1" "$2" --timeout 30
}

# Runs a command that must end with STATUS. What it prints is in $printed and $said.
expect() { # STATUS COMMAND...
	local status=0 wanted=$1
	shift
	"$@" >"$scratch/printed" 2>"$scratch/said" || status=$?
	printed=$(tr -d '\0' <"$scratch/printed")
	said=$(cat "$scratch/said")
	[ "$status" = "$wanted" ] ||
		fail "$* ended with $status, not $wanted; it printed: $printed; it said: $said"
}

is_running() { # PID
	jobs -pr | grep -qx "$1"
}

# Waits for a process of ours, which must end with STATUS within thirty seconds.
ends() { # PID STATUS
	local status=0
	for _ in {1..1500}; do
		is_running "$1" || break
		sleep 0.02
	done
	is_running "$1" && fail "process $1 is still running"
	wait "$1" || status=$?
	[ "$status" = "$2" ] || fail "process $1 ended with $status, not $2"
}

# Waits until a command succeeds, thirty seconds at most.
until_true() { # COMMAND...
	local deadline=$((SECONDS + 30))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || fail "still not so after thirty seconds: $*"
		sleep 0.02
	done
}

# Whether the tool has its handlers. What is still the shell, or env, seems to have some, too, and
# loses the signal when it takes them away.
heeds_signals() { # PID
	grep -qx cohort /proc/"$1"/comm && grep -q '^SigCgt:.*[2367abef]$' /proc/"$1"/status
}

# Stops a process: kill only says that it shall, and its other threads go on until one of them has
# heard of it.
stop() { # PID
	kill -STOP "$1"
	until_true has_stopped "$1"
}

has_stopped() { # PID
	! grep -h ^State: /proc/"$1"/task/*/status | grep -qv '^State:[[:space:]]*T'
}

# Runs a command, which must take no longer: far less than what is stuck lasts, and more than a busy
# machine makes of it.
within() { # MILLISECONDS COMMAND...
	local began=${EPOCHREALTIME/[.,]/} took limit=$1 status=0
	shift
	"$@" || status=$?
	took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
	[ $took -le "$limit" ] || fail "$* took $took ms, not $limit"
	return $status
}

same() { # WANTED GOT
	[ "$1" = "$2" ] || fail "expected: $1; got: $2"
}

has() { # TEXT PART
	[[ $1 == *"$2"* ]] || fail "no \"$2\" in: $1"
}

# Reads lines of which each must be a JSON object in valid UTF-8; prints the value of a key of each.
# (Without a file in between: two of these may run at once, on either side of `paste`.)
json() { # KEY
	local lines
	lines=$(iconv -f UTF-8 -t UTF-8) || fail "not valid UTF-8"
	if command -v jq >/dev/null; then
		printf %s "$lines" | jq -r --arg key "$1" \
			'if type == "object" then .[$key] else error("no object") end'
	else
		printf %s "$lines" | python3 -c 'import json, sys
for line in sys.stdin.read().splitlines():
    value = json.loads(line)[sys.argv[1]]
    print(value if isinstance(value, str) else json.dumps(value))' "$1"
	fi
}

# The tool ends the commands that it runs, so it is asked first.
clean_up() {
	set +e
	# shellcheck disable=SC2046 # they are numbers
	{
		kill -CONT $(jobs -pr)
		kill -TERM $(jobs -pr)
		for _ in {1..250}; do
			[ -z "$(jobs -pr)" ] && break
			sleep 0.02
		done
		kill -KILL $(jobs -pr)
		wait
	} 2>/dev/null
}

run_case() { # FUNCTION
	export XDG_RUNTIME_DIR=$scratch/run
	mkdir -m 700 "$XDG_RUNTIME_DIR"
	(
		trap clean_up EXIT
		set -eu
		"$1"
	) >"$scratch/log" 2>&1
	failed_now=$?
	rm -rf "$XDG_RUNTIME_DIR"
}

run_cases() {
	local name passed=0 failed=0
	for name in $(declare -F | sed -n 's/^declare -f test_//p'); do
		run_case "test_$name"
		if [ $failed_now = 0 ]; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "failed: ${name//_/ }"
			sed 's/^/	/' "$scratch/log"
		fi
	done
	echo "$passed passed, $failed failed"
	[ $failed = 0 ]
}
