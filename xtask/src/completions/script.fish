# Completes `cargo xtask` besides what fish knows of cargo.
function __cargo_xtask
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = xtask; or return
    @program@ complete (math (count $words) - 1) -- $words[2..] (commandline -ct) 2>/dev/null
end
complete -c cargo -n '__fish_seen_subcommand_from xtask' -f -a '(__cargo_xtask)'
