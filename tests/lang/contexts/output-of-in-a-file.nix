let
  made = derivation { name = "made.drv"; system = "s"; builder = "/b"; outputHashMode = "text"; outputHashAlgo = "sha256"; __contentAddressed = true; };
  plain = derivation { name = "plain"; system = "s"; builder = "/b"; };
  one = builtins.outputOf made.outPath "out";
  plainPath = builtins.unsafeDiscardOutputDependency plain.drvPath;
in
builtins.toFile "name" (builtins.outputOf one "dev")
