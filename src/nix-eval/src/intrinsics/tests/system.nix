# Modules that make use of most that modules can do, and what is known of them.
lib:
let
  inherit (lib)
    mkAfter
    mkBefore
    mkDefault
    mkForce
    mkIf
    mkMerge
    mkOption
    mkOrder
    mkOverride
    types
    ;

  option = type: mkOption { inherit type; };

  person =
    { name, ... }:
    {
      options = {
        name = option types.str;
        label = mkOption {
          type = types.str;
          default = name;
        };
        age = mkOption {
          type = types.nullOr types.ints.unsigned;
          default = null;
        };
      };
    };

  declarations =
    { config, special, ... }:
    {
      options = {
        enable = lib.mkEnableOption "all of it";
        count = option types.int;
        word = mkOption {
          type = types.str;
          default = "none";
          example = "some";
          description = "A word.";
        };
        path = option types.path;
        lines = option types.lines;
        ratio = option (types.either types.int types.float);
        colour = option (types.enum [
          "red"
          "green"
        ]);
        list = option (types.listOf types.int);
        nested = option (types.listOf (types.listOf types.str));
        table = option (types.attrsOf types.int);
        lazy = option (types.lazyAttrsOf types.str);
        lists = option (types.attrsOf (types.listOf types.int));
        deep = option (types.attrsOf (types.attrsOf types.bool));
        anything = option types.anything;
        person = option (types.submodule person);
        people = option (types.attrsOf (types.submodule person));
        crowd = option (types.listOf (types.submodule person));
        free = option (
          types.submodule {
            freeformType = types.attrsOf types.int;
            options.known = mkOption {
              type = types.int;
              default = 1;
            };
          }
        );
        function = option (types.functionTo types.int);
        same = option types.raw;
        alike = option types.int;
        applied = mkOption {
          type = types.listOf types.str;
          apply = map (word: "${word} ${special}");
        };
        group.inner.value = option types.int;
        shown = option types.anything;
        unused = option types.int;
        twice = mkOption { description = "Declared twice."; };
      };
      config._module.args.more = "more of ${config.word}";
    };

  definitions =
    {
      config,
      lib,
      more,
      ...
    }:
    {
      config = mkMerge [
        {
          enable = true;
          count = mkDefault 1;
          list = mkAfter [ 9 ];
          table.a = 1;
          table.forced = mkForce 5;
        }
        (mkIf config.enable {
          count = 2;
          list = [
            3
            4
          ];
          table = mkMerge [
            { b = 2; }
            (mkIf false { never = throw "it is not asked for"; })
          ];
          nested = [
            [ "x" ]
            (mkIf true [ "y" ])
            (mkIf false [ "z" ])
          ];
          group.inner = {
            value = mkOverride 60 7;
          };
        })
        (mkIf (!config.enable) { count = throw "it is not asked for"; })
        { word = mkIf (config.count == 2) (mkForce "two"); }
      ];
    };

  others =
    { config, ... }:
    {
      _file = "others";
      options.twice = option types.int;
      config = {
        twice = 2;
        path = "/some/where";
        lines = mkMerge [
          "second"
          (mkBefore "first")
          (mkOrder 2000 "last")
        ];
        ratio = 1.5;
        colour = "green";
        list = mkMerge [
          (mkOrder 700 [ 2 ])
          (mkBefore [ 1 ])
        ];
        table.forced = 4;
        nested = [ [ ] ];
        lazy.word = mkIf true "lazy";
        lists.a = [ 1 ];
        deep = {
          a.x = true;
          b.y = mkDefault false;
        };
        anything = {
          set.one = 1;
          list = [ 1 ];
        };
        person = {
          name = "Ada";
        };
        people.ada = _: {
          imports = [ { age = mkDefault 36; } ];
          name = "Ada";
        };
        crowd = [
          { name = "Ada"; }
          (
            { name, ... }:
            {
              name = mkForce "Grace";
              age = 85;
            }
          )
        ];
        free = {
          known = 2;
          unknown = 3;
        };
        function = n: n + 1;
        same = {
          raw = [ ];
        };
        alike = mkMerge [
          4
          4
        ];
        applied = [ "is" ];
        group.inner.value = 1;
        shown = [
          config.count
          config.list
          config.people
          config.table
        ];
      };
    };

  more = [
    {
      lists.a = [ 2 ];
      people.ada.age = 37;
      people.grace.name = "Grace";
      deep = mkMerge [
        { a.z = false; }
        { b.y = true; }
      ];
      anything.set.two = 2;
      free.other = 4;
      table.c = mkIf true (mkMerge [ 3 ]);
    }
    /module.nix
  ];

  evaluate =
    modules:
    lib.evalModules {
      specialArgs.special = "special";
      modules = [
        declarations
        definitions
        others
      ]
      ++ modules;
    };

  evaluation = evaluate [ { imports = more; } ];
  inherit (evaluation) config options;

  about = option: {
    inherit (option)
      declarations
      files
      highestPrio
      isDefined
      loc
      ;
  };

  wrong =
    module:
    let
      tried = builtins.tryEval (builtins.deepSeq (evaluate [ module ]).config.shown 0);
    in
    tried.success;
in
{
  config = removeAttrs config [
    "_module"
    "function"
    "unused"
  ];
  called = config.function 1;
  names = builtins.attrNames config;
  about = map about [
    options.count
    options.list
    options.table
    options.people
    options.word
    options.unused
    options.twice
    options.group.inner.value
  ];
  shown = "${options.group.inner.value}";
  places = [
    options.count.declarationPositions
    options.person.declarationPositions
    (builtins.unsafeGetAttrPos "table" options)
    (builtins.unsafeGetAttrPos "c" config.table)
  ];
  from = options.table.definitionsWithLocations;
  inside = (options.person.type.getSubOptions [ ]).name.declarations;
  meta = builtins.attrNames options.table.valueMeta.attrs;
  found = lib.attrByPath [ "person" "name" ] "nobody" config;
  extended = (evaluation.extendModules { modules = [ { count = mkForce 3; } ]; }).config.count;
  disabled =
    (evaluate [
      {
        key = "extra";
        count = mkForce 4;
      }
      { disabledModules = [ "extra" ]; }
    ]).config.count;
  wrong = map wrong [
    { count = 3; }
    { count = "three"; }
    { nothing = 1; }
    { enable = mkForce false; }
    { options.count = mkOption { type = types.str; }; }
    { imports = [ { count = 3; } ]; }
    { list = { }; }
    { people = [ ]; }
    { table.a = mkForce "one"; }
  ];
}
