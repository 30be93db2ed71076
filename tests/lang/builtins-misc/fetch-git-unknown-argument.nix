builtins.fetchGit { url = "/x"; foo = 1; }
