/etc/x
