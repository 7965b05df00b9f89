# Completes `cargo xtask`; other commands of cargo are completed as before.
_cargo_xtask() {
    if [[ ${COMP_WORDS[1]} != xtask || $COMP_CWORD -lt 2 ]]; then
        if declare -F _cargo > /dev/null; then _cargo "$@"; fi
        return
    fi
    local program=@program@ IFS=$'\n'
    [[ -x $program ]] || return
    COMPREPLY=($("$program" complete $((COMP_CWORD - 1)) -- "${COMP_WORDS[@]:1}" 2> /dev/null))
    # A folder goes on.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then compopt -o nospace; fi
}
complete -F _cargo_xtask cargo
