# Prints what the Tab key proposes for a line, by the function that bash would call.
source <(kubectl-evenkeel completion bash)
function=$(complete -p kubectl-evenkeel | sed 's/.*-F \([^ ]*\).*/\1/')
COMP_LINE=$1 COMP_POINT=${#1}
"$function" 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
