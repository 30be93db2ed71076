# Makes the value of a flake that has no inputs from its source. Calls of it are shared: it may depend
# on nothing else.
{ sourceInfo, outPath }:

let
  flake = import (outPath + "/flake.nix");
  inputs = { };
  outputs = flake.outputs { self = whole; };
  whole =
    outputs
    // sourceInfo
    // {
      inherit
        outPath
        inputs
        outputs
        sourceInfo
        ;
      _type = "flake";
    };
in
assert builtins.isFunction flake.outputs;
whole
