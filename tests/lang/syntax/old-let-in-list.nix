[ let { body = 1; } ]
