let
  make = name: more: derivation ({ inherit name; system = "s"; builder = "/b"; } // more);
  # A derivation whose output is a derivation.
  made = make "made.drv" { outputHashMode = "text"; outputHashAlgo = "sha256"; __contentAddressed = true; };
  content = make "content" {
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
    __contentAddressed = true;
    outputs = [ "out" "dev" ];
  };
  plain = make "plain" { outputs = [ "out" "dev" ]; };
  of = drv: builtins.outputOf (builtins.unsafeDiscardOutputDependency drv.drvPath);
  one = builtins.outputOf made.outPath "out";
  two = builtins.outputOf one "dev";
  uses = name: args: (make name { inherit args; }).drvPath;
in
{
  known = map (of plain) [ "out" "dev" ] ++ map (of content) [ "out" "dev" ];
  nested = [ one two (builtins.outputOf two "out") ];
  uses = {
    one = uses "one" [ one ];
    both = uses "both" [ one two made plain ];
    beside = uses "beside" [ (builtins.outputOf one "a") (builtins.outputOf one "b") two ];
    above = uses "above" [ (make "inner" { args = [ two ]; }) ];
    deep = uses "deep" [ (uses "inner" [ two ]) ];
    fixed = (make "fixed" { args = [ one ]; outputHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; }).drvPath;
  };
  path = (make "one" { args = [ one ]; }).outPath;
  isKept = builtins.hasContext (builtins.substring 0 3 two);
}
