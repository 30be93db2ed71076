map builtins.flakeRefToString [ { type = "github"; owner = "a"; repo = "b"; ref = "r"; } { type = "path"; path = "/x"; } { type = "indirect"; id = "n"; } ]
