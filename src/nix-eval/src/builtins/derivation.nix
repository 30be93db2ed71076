# The `derivation` builtin: one set for each output, around what `derivationStrict` computes.
arguments@{ outputs ? [ "out" ], ... }:
let
  strict = derivationStrict arguments;
  shared = arguments // __listToAttrs pairs // {
    all = map (pair: pair.value) pairs;
    drvAttrs = arguments;
  };
  pairs = map (outputName: {
    name = outputName;
    value = shared // {
      outPath = __getAttr outputName strict;
      drvPath = strict.drvPath;
      type = "derivation";
      inherit outputName;
    };
  }) outputs;
in
(__head pairs).value
