/** Shells that there is a script for. */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

// Each script asks the program itself, so that none has to be made anew with a new command or flag.

// Words are taken from the line, as bash cuts them at "=" too; for the same reason only what stands behind it is offered.
const bash = (program: string, id: string): string => `# bash completion of ${program}
_${id}() {
  local line="\${COMP_LINE:0:COMP_POINT}" words out current directive
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current="\${words[\${#words[@]}-1]}"
  out="$(${program} __complete "\${words[@]:1}" 2>/dev/null)" || return
  directive="\${out##*:}"
  out="\${out%:*}"
  COMPREPLY=()
  if [[ $directive == 0 ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
    compopt -o filenames 2>/dev/null
    return
  fi
  local candidate
  while IFS=$'\\t' read -r candidate _; do
    [[ -z $candidate ]] && continue
    [[ $current == *=* && $COMP_WORDBREAKS == *=* ]] && candidate="\${candidate#*=}"
    COMPREPLY+=("$candidate")
  done <<<"$out"
}
complete -F _${id} ${program}
`;

const zsh = (program: string, id: string): string => `#compdef ${program}
# zsh completion of ${program}
_${id}() {
  local out directive line
  local -a candidates
  out="$(${program} __complete "\${(@)words[2,$CURRENT]}" 2>/dev/null)" || return 1
  directive="\${out##*:}"
  if [[ $directive == 0 ]]; then
    _files
    return
  fi
  for line in "\${(@f)\${out%:*}}"; do
    [[ -z $line ]] && continue
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}\${\${(M)line:#*$'\\t'*}:+:\${line#*$'\\t'}}")
  done
  _describe '${program}' candidates
}
# A file that compinit found is a function, called for each completion.
if [[ $zsh_eval_context[-1] == *func ]]; then _${id} "$@"; else compdef _${id} ${program}; fi
`;

const fish = (program: string, id: string): string => `# fish completion of ${program}
function __${id}
  set -l words (commandline -opc) (commandline -ct)
  set -l out (${program} __complete $words[2..] 2>/dev/null)
  or return
  if test "$out[-1]" = ":0"
    __fish_complete_path (commandline -ct)
    return
  end
  for line in $out[1..-2]
    echo -- $line
  end
end
complete -c ${program} -f -a '(__${id})'
`;

const scripts: Record<Shell, (program: string, id: string) => string> = { bash, zsh, fish };

/** The script that makes a shell complete the program. */
export const completionScript = (shell: Shell, program: string): string =>
  scripts[shell](program, program.replaceAll("-", "_"));
