#compdef cohort
# Completion of cohort(1) in zsh. Commands and options are those of its help, channels, actions and
# peers those that there are now.

# The values of a member of JSON lines, in which it holds plain text.
__cohort_values() { # KEY
	sed -n 's/^.*"'"$1"'":"\([^"\\]*\)".*$/\1/p' | sort -u
}

__cohort_channels() {
	local -a found
	found=(${(f)"$(_call_program channels $program list --json 2>/dev/null | __cohort_values channel)"})
	_describe -t channels channel found
}

__cohort_actions() {
	local -a found
	found=(${(f)"$(_call_program actions $program actions ${(q)line[1]} --json --timeout 200ms 2>/dev/null |
		__cohort_values action)"})
	_describe -t actions action found
}

__cohort_peers() {
	local -a found
	found=(primary ${(f)"$(_call_program peers $program peers ${(q)line[1]} --json --timeout 200ms 2>/dev/null |
		__cohort_values peer)"})
	_describe -t peers peer found
}

__cohort_commands() {
	local -a found
	found=(${(f)"$(_call_program commands $program --help 2>/dev/null |
		sed -n 's/^  \([a-z]*\)  *\([a-z].*\)/\1:\2/p')"} 'help:explain a command')
	_describe -t commands command found
}

# What follows an option that takes a value.
__cohort_value() { # COMMAND OPTION NAME
	case $1:$2 in
	*:--file | monitor:--write | bench:--svg) print -r -- ":$3:_files" ;;
	*:--to | actions:--peer) print -r -- ":$3:__cohort_peers" ;;
	monitor:--match) print -r -- ":$3:__cohort_actions" ;;
	bench:--only) print -r -- ":$3:(requests stream)" ;;
	*) print -r -- ":$3: " ;;
	esac
}

# Sets `specs` to what _arguments needs to know of a command's options, taken from its help:
# "  -t, --timeout TIME       how long to wait".
__cohort_options() { # COMMAND
	local text short long name help value
	for text in ${(f)"$(_call_program options $program $1 --help 2>/dev/null | grep '^  [- ].*--')"}; do
		[[ $text =~ '^  (-.)?,? +(--[a-z]+)( ([A-Z=]+))? +(.*)$' ]] || continue
		short=$match[1] long=$match[2] name=$match[4] help=${match[5]//[\[\]:]/ }
		value=
		[[ -z $name ]] || value=$(__cohort_value $1 $long ${name:l})
		specs+=("*$long""[$help]$value")
		[[ -z $short ]] || specs+=("*$short""[$help]$value")
	done
}

_cohort() {
	local program=$words[1] command
	local -a specs line

	if (( CURRENT == 2 )); then
		__cohort_commands
		return
	fi
	shift words
	(( CURRENT-- ))
	command=$words[1]
	if [[ $command == help ]]; then
		__cohort_commands
		return
	fi
	__cohort_options $command
	case $command in
	list) ;;
	call | send | wait) specs+=('1:channel:__cohort_channels' '2:action:__cohort_actions' '3:data: ') ;;
	listen) specs+=('1:channel:__cohort_channels' '*:action:__cohort_actions') ;;
	broadcast) specs+=('1:channel:__cohort_channels' '2:action: ' '3:data: ') ;;
	*) specs+=('1:channel:__cohort_channels') ;;
	esac
	_arguments -s $specs
}

_cohort "$@"
