builtins.compareVersions (builtins.toFile "f" "") "1"
