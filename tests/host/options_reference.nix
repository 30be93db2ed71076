# modules/OPTIONS.md, made from the modules themselves.
{ nixpkgs }:
let
  lib = import (nixpkgs + "/lib");
  inherit
    (lib.evalModules {
      modules = [
        ../../modules
        # What NixOS would declare is none of this reference.
        { _module.check = false; }
      ];
      specialArgs.pkgs = { };
    })
    options
    ;

  oneLine = text: lib.replaceStrings [ "\n" "|" ] [ " " "\\|" ] (lib.trim text);
  squeeze = text: lib.concatStringsSep " " (lib.filter (word: word != "") (lib.splitString " " text));
  code = value: squeeze (oneLine (value.text or (lib.generators.toPretty { } value)));
  # Prose stays prose; expressions are code.
  shown = value: if value._type or "" == "literalMD" then oneLine value.text else "`${code value}`";

  row =
    option:
    let
      default =
        if option ? default then
          shown option.default
        else if lib.hasPrefix "attribute set of" option.type then
          "none"
        else
          "required";
      example = lib.optionalString (option ? example) " For example ${shown option.example}.";
    in
    "| `${option.name}` | ${oneLine option.type} | ${default} | ${oneLine option.description}${example} |";

  rows = map row (
    lib.sort (a: b: a.name < b.name) (
      lib.filter (option: option.visible && !option.internal && lib.hasPrefix "coop." option.name) (
        lib.optionAttrSetToDocList { inherit (options) coop; }
      )
    )
  );
in
''
  # Options

  Every option that the modules declare. `<name>` is the instance.

  | option | type | default | what it is |
  |---|---|---|---|
  ${lib.concatStringsSep "\n" rows}

  ## The policy file

  A JSON object: `blocks` is a list of
  `{ domain, severity, reject_media, reject_reports, obfuscate, ground, reason, note, since, review }`
  (`severity` is `suspend`, `silence` or `noop`; `reason` is public, `note` is for moderators), `allows` a
  list of `{ domain }`. Both lists must be there. A block that moderators made is never touched.

  ## What is on the host

  - secrets, as files below `/var/lib/coop/secrets`, placed by the administrator; Mastodon's own keys are
    made at its first start and are in the backup;
  - `coop-backup-<name>`, `coop-restore-<name>`, `coop-drill-<name>`, `coop-restic-<name>`,
    `coop-new-<name>` and, for staging copies, `coop-copy-<name>`: see `docs/modules/`;
  - `coop-rollout`, which restarts changed containers one after another;
  - inside the container: `coop-reconcile`, `coop-approve`, `coop-cache` (systemd units) and
    `/var/lib/mastodon/dumps`, with dumps from before the last three migrations.
''
