{ status[$9]++ }
END { for (key in status) print "status", status[key], key; print "lines", NR }
