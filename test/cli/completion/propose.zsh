# Prints what the Tab key proposes for a line, each as <word>, by zsh's own completion in a terminal of its own. The
# script is sourced, or, with a folder as second argument, found there by its #compdef line.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= fpath=($2 \$fpath); autoload -Uz compinit && compinit -D -u"
[[ -n $2 ]] || zpty -w shell 'source <(kubectl-evenkeel completion zsh)'
# All proposals pass here; with these flags it only looks which words would match.
zpty -w shell 'compadd() {
  if [[ ${argv[(I)-[OAD]*]} == 0 ]]; then
    local -a words_of_it
    builtin compadd -A words_of_it "$@"
    print -r -- "<${(j:><:)words_of_it}>"
  fi
  builtin compadd "$@"
}'
zpty -w shell 'finish() { print FINISHED }; zle -N finish; bindkey "^X^F" finish; unsetopt list_beep; print READY'
zpty -r -m shell out $'*\nREADY*'
zpty -n -w shell $1$'\t\C-X\C-F'
zpty -r -m shell out '*FINISHED*'
print -r -- $out
zpty -d shell
