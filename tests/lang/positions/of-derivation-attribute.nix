let d = derivation { name = "d"; builder = "/b"; system = "s"; }; in map (n: builtins.unsafeGetAttrPos n d != null) [ "name" "outPath" "drvPath" "type" "out" ]
