# A primary that runs its handlers one after another, for test/cli: while one of them takes its time
# nothing else is served. (`cohort serve` runs commands beside its handlers.)
#
# shellcheck shell=bash

: "${COHORT_TEST_PROGRAMS:?is the folder of the programs that tests start}"

member() { # CHANNEL
	mkfifo "$XDG_RUNTIME_DIR/commands"
	exec 7<>"$XDG_RUNTIME_DIR/commands"
	"$COHORT_TEST_PROGRAMS/member" primary "$1" <&7 >"$scratch/member" &
	started=$!
	cohort wait "$1" --timeout 30
}

# Its only thread for handlers sleeps from now on.
naps() { # CHANNEL
	"$cohort" call "$1" nap 60000 --timeout forever &
	until_true grep -q napping "$scratch/member"
}
