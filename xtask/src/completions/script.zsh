# Completes `cargo xtask`; other commands of cargo are completed as before.
_cargo_xtask() {
    if [[ ${words[2]} != xtask || $CURRENT -lt 3 ]]; then
        (( $+functions[_cargo] )) && _cargo "$@"
        return
    fi
    local program=@program@
    local -a found folders
    [[ -x $program ]] || return 1
    found=("${(@f)$("$program" complete $((CURRENT - 2)) -- "${(@)words[2,-1]}" 2> /dev/null)}")
    # A folder goes on.
    folders=("${(@M)found:#*/}")
    found=("${(@)found:#*/}")
    compadd -Q -S '' -a folders
    compadd -Q -a found
}
compdef _cargo_xtask cargo
