let
  d = derivation { name = "d"; builder = "/b"; system = "s"; outputs = [ "out" "dev" ]; };
  places = set: map (name: builtins.unsafeGetAttrPos name set);
  names = [ "outPath" "drvPath" "type" "out" "dev" "all" "drvAttrs" "outputName" ];
in
[
  (places d names)
  (places d.dev names)
  (places (builtins.functionArgs derivation) [ "outputs" ])
]
