# Work A in one pass. Keys follow their count, so that blanks in a key do no harm.
{
    status[$9]++
    hour[substr($4, 2, 14)]++
    target[$7]++
    client[$1]++
    bytes += $10
}
END {
    for (key in status) print "status", status[key], key
    for (key in hour) print "hours", hour[key], key
    for (key in target) if (target[key] > 1000) print "targets", target[key], key
    for (key in client) {
        distinct++
        if (client[key] > 1000) print "clients", client[key], key
    }
    printf "lines %d\ndistinct %d\nbytes %.0f\n", NR, distinct, bytes
}
