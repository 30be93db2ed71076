# What is asked of a module system, as data that JSON has. Every part is tried by itself, so that an error
# that can be caught stays where it is.
lib:
let
  depth = 7;

  # `show` of a value, or that it throws.
  try =
    show: value:
    let
      tried = builtins.tryEval value;
    in
    if tried.success then show tried.value else "«throws»";

  plain = plainTo depth;

  plainTo =
    left:
    try (
      value:
      {
        set = setTo left value;
        list = if left == 0 then "«list»" else map (plainTo (left - 1)) value;
        lambda = {
          function = builtins.functionArgs value;
        };
        path = "path ${toString value}";
        string =
          let
            bare = builtins.unsafeDiscardStringContext value;
          in
          if builtins.hasContext value then
            {
              string = builtins.baseNameOf bare;
              context = builtins.length (builtins.attrNames (builtins.getContext value));
            }
          else
            bare;
      }
      .${builtins.typeOf value} or value
    );

  setTo =
    left: set:
    let
      tag = try (tag: tag) (set._type or null);
      named = builtins.mapAttrs (_: plainTo (left - 1)) set;
      pairs = map (name: [
        name
        named.${name}
      ]) (builtins.attrNames set);
      callable = builtins.tryEval (
        set ? __functor
        && set ? __functionArgs
        && builtins.all (is: is) (builtins.attrValues set.__functionArgs)
      );
    in
    if tag == "option" then
      { option = plainTo (left - 1) (set.loc or "nowhere"); }
    else if tag == "option-type" then
      {
        type = plain (set.name or null);
        description = plain (set.description or null);
      }
    else if tag == "configuration" then
      { configuration = plainTo (left - 1) set.config; }
    else if try (type: type == "derivation") (set.type or null) == true then
      { derivation = plain (set.name or null); }
    else if left <= 0 then
      { names = builtins.attrNames set; }
    else if callable.success && callable.value then
      { result = plainTo (left - 1) (set { }); }
    else if set ? outPath || set ? __toString then
      { inherit pairs; }
    else
      named;

  # All that an option says.
  option =
    let
      fields = [
        "value"
        "isDefined"
        "highestPrio"
        "definitions"
        "files"
        "definitionsWithLocations"
        "declarations"
        "declarationPositions"
        "loc"
        "valueMeta"
        "default"
        "example"
        "description"
        "visible"
        "internal"
        "readOnly"
        "defaultText"
        "options"
        "type"
        "more"
      ];
    in
    try (
      set:
      if builtins.isAttrs set then
        {
          fields = map (name: if set ? ${name} then plainTo 5 set.${name} else null) fields;
          names = builtins.attrNames set;
          positions = map (name: plain (builtins.unsafeGetAttrPos name set)) (builtins.attrNames set);
          shown = if set ? __toString then plain "${set}" else null;
        }
      else
        plain set
    );

  isOption = set: try (tag: tag == "option") (set._type or null) == true;

  # All options of a set.
  tree = treeTo 6;
  treeTo =
    left:
    try (
      set:
      if !builtins.isAttrs set then
        plain set
      else if isOption set then
        option set
      else if left == 0 then
        builtins.attrNames set
      else
        builtins.mapAttrs (_: treeTo (left - 1)) set
    );

  # What a type says of itself, and of some values.
  type = try (
    type:
    if !builtins.isAttrs type then
      plain type
    else
      {
        names = builtins.attrNames type;
        name = plain (type.name or null);
        description = plain (type.description or null);
        class = plain (type.descriptionClass or null);
        empty = plain (type.emptyValue or null);
        functor = plain (type.functor.name or null);
        nested = plain (type.nestedTypes or null);
        options = try (f: tree (removeAttrs (f [ "shown" ]) [ "_module" ])) (
          type.getSubOptions or (_: { })
        );
        modules = try (modules: if builtins.isList modules then builtins.length modules else null) (
          type.getSubModules or null
        );
      }
  );

  # What merging definitions comes to.
  merging = try (
    merged:
    builtins.mapAttrs (_: plain) {
      inherit (merged)
        isDefined
        defsFinal
        defsFinal'
        mergedValue
        optionalValue
        checkedAndMerged
        ;
      positions = map (
        set: map (name: builtins.unsafeGetAttrPos name set) (builtins.attrNames set)
      ) merged.defsFinal;
      outer = map (name: builtins.unsafeGetAttrPos name merged.defsFinal') [
        "values"
        "highestPrio"
      ];
    }
  );

  # One level of options, as `mergeModules` gives it.
  level = try (level: {
    options = tree level.matchedOptions;
    unmatched = plain level.unmatchedDefns;
    positions = try (map (
      set: map (name: builtins.unsafeGetAttrPos name set) (builtins.attrNames set)
    )) level.unmatchedDefns;
    names = builtins.attrNames level;
  });

  # The options as documentation has them.
  docs =
    options:
    try (map (
      entry:
      plain (
        removeAttrs entry [
          "default"
          "example"
        ]
      )
    )) (lib.optionAttrSetToDocList (removeAttrs options [ "_module" ]));
in
{
  inherit
    docs
    level
    merging
    option
    plain
    tree
    type
    ;
}
