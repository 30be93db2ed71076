# The builtin `derivation`: one set for each output, around what `derivationStrict` computes.
#
# Programs can see where things stand in this file: `unsafeGetAttrPos` says it of the attributes
# that are added below, `functionArgs` of the formals, and a function that is shown as XML has the
# name of its argument. So `drvAttrs@{` begins line 30, and what follows has the lines and columns
# that it has in Nix. The test of positions holds them.
#
# What is asked for:
#
#   name, system, builder   strings; the derivation cannot be made without them
#   args                    a list of strings for the builder
#   outputs                 names of outputs; the first is what the whole value stands for
#   everything else         a variable of the builder's environment
#
# What is given back, for the first output and in turn under the name of each:
#
#   all that was asked for
#   <output>                the set of each output
#   all                     those sets as a list
#   drvAttrs                what was asked for, alone
#   outPath, drvPath        paths in the store, with their string contexts
#   type                    the word by which everyone tells derivations from other sets
#   outputName              which output this set stands for
#
# Nothing is computed before one of the two paths is asked for: a derivation whose inputs fail is
# still a set with a name, which is how package sets list what they have.
#
# `builtins` does not exist yet where this file is read, so the builtins that it needs go by their
# global names.
drvAttrs@{
  outputs ? [ "out" ],
  ...
}:

let

  strict = derivationStrict drvAttrs;

  shared =
    drvAttrs
    // __listToAttrs perOutput
    // {
      all = map (output: output.value) perOutput;
      inherit drvAttrs;
    };

  perOutput = map (outputName: {
    name = outputName;
    value = shared // {
      outPath = __getAttr outputName strict;
      drvPath = strict.drvPath;
      type = "derivation";
      inherit outputName;
    };
  }) outputs;

in
(__head perOutput).value
