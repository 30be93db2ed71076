map (a: (derivation { name = "f"; builder = "/b"; system = "s"; outputHash = builtins.hashString a ""; outputHashAlgo = a; }).outPath) [ "md5" "sha1" "sha512" ]
