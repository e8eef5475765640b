# Completion of cohort(1) in bash. Commands and options are those of its help, channels, actions and
# peers those that there are now.
#
# shellcheck shell=bash

# The program that stands on the command line, and its answer in a short time.
__cohort() {
	"${COMP_WORDS[0]/#\~/${HOME-}}" "$@" 2>/dev/null
}

# The values of a member of JSON lines, in which it holds plain text.
__cohort_values() { # KEY
	sed -n 's/^.*"'"$1"'":"\([^"\\]*\)".*$/\1/p' | sort -u
}

__cohort_commands() {
	__cohort --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'
}

__cohort_options() { # COMMAND
	__cohort "$1" --help | sed -nE 's/^  (-.)?,? +(--[a-z]+).*/\2/p'
}

# Prints the options of a command that take a value, long and short.
__cohort_valued() { # COMMAND
	__cohort "$1" --help | sed -nE 's/^  (-.)?,? +(--[a-z]+) [A-Z].*/\1 \2/p'
}

# Sets `words` to the arguments before the cursor that are neither options nor their values.
__cohort_words() { # COMMAND
	local valued i
	valued=" $(__cohort_valued "$1" | tr '\n' ' ') "
	words=()
	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-*) [[ $valued != *" ${COMP_WORDS[i]} "* ]] || i=$((i + 1)) ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
	done
}

# Prints what may follow an option; fails if that is a file.
__cohort_value() { # COMMAND OPTION
	case $1:$2 in
	*:--file | *:-F | monitor:--write | monitor:-w | bench:--svg | bench:-S) return 1 ;;
	*:--to | actions:--peer | actions:-p)
		echo primary
		__cohort peers "${words[0]}" --json --timeout 200ms | __cohort_values peer
		;;
	monitor:--match | monitor:-m)
		__cohort actions "${words[0]}" --json --timeout 200ms | __cohort_values action
		;;
	bench:--only | bench:-o) printf '%s\n' requests stream ;;
	esac
}

__cohort_argument() { # COMMAND
	if [ ${#words[@]} = 0 ]; then
		[ "$1" = list ] || __cohort list --json | __cohort_values channel
	elif [ ${#words[@]} = 1 ] || [ "$1" = listen ]; then
		case $1 in
		call | send | wait | listen)
			__cohort actions "${words[0]}" --json --timeout 200ms |
				__cohort_values action
			;;
		esac
	fi
}

_cohort() {
	local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words found
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		found="$(__cohort_commands) help --help --version"
	elif [ "$command" = help ]; then
		found=$(__cohort_commands)
	elif [[ $current == -* ]]; then
		found=$(__cohort_options "$command")
	else
		__cohort_words "$command"
		if __cohort_valued "$command" | tr ' ' '\n' |
			grep -qxe "${COMP_WORDS[COMP_CWORD - 1]}"; then
			found=$(__cohort_value "$command" "${COMP_WORDS[COMP_CWORD - 1]}") || {
				mapfile -t COMPREPLY < <(compgen -f -- "$current")
				compopt -o filenames 2>/dev/null
				return
			}
		else
			found=$(__cohort_argument "$command")
		fi
	fi
	mapfile -t COMPREPLY < <(compgen -W "$found" -- "$current")
}

complete -F _cohort cohort
