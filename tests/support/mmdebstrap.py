"""What the stand-ins for mmdebstrap have in common, as lines of a POSIX shell."""

READ_WORDS = r"""
[ "$1" != --unshare-helper ] || { shift; exec "$@"; }
mkdir "$TMPDIR/mmdebstrap.x" && touch "$TMPDIR/mmdebstrap.x/file"
facts= log= tar= before=
for word; do
    case $word in
        *'=download '*/packages) facts=${word##* }; facts=${facts%/packages} ;;
        --logfile=*) log=${word#--logfile=} ;;
    esac
    [ "$before" != bookworm ] || tar=$word
    before=$word
done
"""
"""Leaves its scratch in $TMPDIR, and says where the facts, the log and the tar go: `$facts`, `$log`, `$tar`."""

WRITE_FACTS = r"""
printf 'nginx\tamd64\t1.2\nbase-files\tamd64\t12\n' >"$facts/packages"
echo 'kernel 6.1.0-1-amd64' >"$facts/kernel"
"""
"""The packages and the kernel, where the hooks would carry them."""
