# What a NixOS system is, as one value that becomes JSON: evaluated once with the configuration
# before an edit and once with the one after it. Nothing is built, and no secret is read.
let
  inherit (builtins)
    attrValues
    concatMap
    filter
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isString
    listToAttrs
    mapAttrs
    ;

  # As text, whatever an option's type lets it be.
  plain =
    value:
    if value == null || isBool value || isInt value || isFloat value || isString value then
      value
    else if isList value then
      map plain value
    else if isAttrs value && !(value ? outPath) then
      mapAttrs (_: plain) value
    else
      "${value}";

  choose =
    names: set:
    listToAttrs (
      concatMap (
        name:
        if set ? ${name} then
          [
            {
              inherit name;
              value = plain set.${name};
            }
          ]
        else
          [ ]
      ) names
    );

  only =
    wanted: set:
    listToAttrs (
      concatMap (
        name:
        if wanted set.${name} then
          [
            {
              inherit name;
              value = set.${name};
            }
          ]
        else
          [ ]
      ) (builtins.attrNames set)
    );

  unit = unit: {
    inherit (unit) text;
    enabled = unit.enable;
    as_drop_in = unit.overrideStrategy == "asDropin";
    wanted_by = unit.wantedBy;
    required_by = unit.requiredBy;
    upheld_by = unit.upheldBy or [ ];
    aliases = unit.aliases;
  };

  file = file: {
    source = "${file.source}";
    inherit (file) mode user group;
  };

  package = package: {
    path = "${package}";
    name = package.pname or (builtins.parseDrvName (package.name or "")).name;
    version = package.version or (builtins.parseDrvName (package.name or "")).version;
  };

  shell =
    shell: if isAttrs shell && shell ? shellPath then "${shell}${shell.shellPath}" else plain shell;

  user =
    user:
    choose [
      "autoSubUidGidRange"
      "createHome"
      "description"
      "expires"
      "extraGroups"
      "group"
      "home"
      "homeMode"
      "isNormalUser"
      "isSystemUser"
      "linger"
      "uid"
    ] user
    // {
      shell = shell user.shell;
      keys = user.openssh.authorizedKeys.keys;
      key_files = map plain user.openssh.authorizedKeys.keyFiles;
      packages = map (package: "${package}") user.packages;
    };

  group = choose [
    "gid"
    "members"
  ];

  virtualHost =
    host:
    choose [
      "serverName"
      "serverAliases"
      "enableACME"
      "useACMEHost"
      "forceSSL"
      "onlySSL"
      "addSSL"
      "globalRedirect"
      "root"
      "basicAuthFile"
    ] host
    // {
      locations = mapAttrs (
        _:
        choose [
          "proxyPass"
          "root"
          "alias"
          "return"
          "tryFiles"
        ]
      ) host.locations;
    };

  certificate = choose [
    "domain"
    "extraDomainNames"
    "email"
    "server"
    "webroot"
    "dnsProvider"
    "group"
    "keyType"
    "reloadServices"
  ];

  firewall =
    firewall:
    let
      ports = choose [
        "allowedTCPPorts"
        "allowedUDPPorts"
        "allowedTCPPortRanges"
        "allowedUDPPortRanges"
      ];
    in
    {
      enabled = firewall.enable;
      trusted = firewall.trustedInterfaces;
      everywhere = ports firewall;
      interfaces = mapAttrs (_: ports) firewall.interfaces;
    };

  boot =
    config:
    let
      inherit (config) boot;
    in
    {
      kernel = package boot.kernelPackages.kernel;
      parameters = boot.kernelParams;
      modules = boot.kernelModules;
      module_packages = map (package: "${package}") boot.extraModulePackages;
      blacklisted = boot.blacklistedKernelModules;
      firmware = plain config.hardware.firmware;
      initrd = "${config.system.build.initialRamdisk}";
      initrd_modules = boot.initrd.availableKernelModules ++ boot.initrd.kernelModules;
      loader = {
        id = config.system.boot.loader.id;
        timeout = boot.loader.timeout;
      }
      // (
        if boot.loader.grub.enable then
          choose [
            "devices"
            "efiSupport"
            "configurationLimit"
            "extraConfig"
          ] boot.loader.grub
        else if boot.loader.systemd-boot.enable then
          choose [
            "configurationLimit"
            "editor"
          ] boot.loader.systemd-boot
        else
          { }
      );
    };

  fileSystem = choose [
    "device"
    "fsType"
    "options"
    "neededForBoot"
  ];

  # What must not change once it is in use, beyond what coop.lock keeps.
  lasting =
    config:
    {
      stateVersion = config.system.stateVersion;
    }
    // (
      if config.services.postgresql.enable then
        {
          "postgresql.major" = config.services.postgresql.package.psqlSchema;
          "postgresql.dataDir" = config.services.postgresql.dataDir;
        }
      else
        { }
    )
    // (
      if config.services.mastodon.enable then
        listToAttrs (
          map
            (name: {
              name = "mastodon.${name}";
              value = plain config.services.mastodon.${name};
            })
            (
              filter (name: config.services.mastodon ? ${name}) [
                "localDomain"
                "secretKeyBaseFile"
                "vapidPublicKeyFile"
                "vapidPrivateKeyFile"
                "activeRecordEncryptionDeterministicKeyFile"
                "activeRecordEncryptionKeyDerivationSaltFile"
                "activeRecordEncryptionPrimaryKeyFile"
              ]
            )
        )
      else
        { }
    );

  describe = config: {
    toplevel = "${config.system.build.toplevel}";
    general = {
      "host name" = config.networking.hostName;
      "time zone" = config.time.timeZone;
      "name servers" = config.networking.nameservers;
      locale = config.i18n.defaultLocale;
      inherit (config.system.nixos) release;
    };
    lasting = lasting config;
    units = mapAttrs (_: unit) config.systemd.units;
    user_units = mapAttrs (_: unit) config.systemd.user.units;
    # Units that come with these cannot be seen without building them.
    unit_packages = map (package: "${package}") (
      [ config.systemd.package ] ++ config.systemd.packages
    );
    files = listToAttrs (
      map (entry: {
        name = entry.target;
        value = file entry;
      }) (filter (entry: entry.enable) (attrValues config.environment.etc))
    );
    packages = map package config.environment.systemPackages;
    users = mapAttrs (_: user) (only (user: user.enable) config.users.users);
    groups = mapAttrs (_: group) config.users.groups;
    firewall = firewall config.networking.firewall;
    virtual_hosts =
      if config.services.nginx.enable then
        mapAttrs (_: virtualHost) config.services.nginx.virtualHosts
      else
        { };
    certificates = mapAttrs (_: certificate) config.security.acme.certs;
    tmpfiles = {
      rules = config.systemd.tmpfiles.rules;
    }
    // plain config.systemd.tmpfiles.settings;
    boot = if config.boot.isContainer then { } else boot config;
    file_systems = mapAttrs (_: fileSystem) config.fileSystems;
    swap = listToAttrs (
      map (swap: {
        name = swap.device;
        value = choose [
          "size"
          "priority"
          "options"
        ] swap;
      }) config.swapDevices
    );
    sysctl = plain (only (value: value != null) config.boot.kernel.sysctl);
    activation = mapAttrs (_: script: script.text or "") (
      only (script: isAttrs script && script ? text) config.system.activationScripts
    );
    containers =
      if config.boot.enableContainers or false then
        mapAttrs (_: container: {
          settings =
            choose [
              "autoStart"
              "bindMounts"
              "ephemeral"
              "extraFlags"
              "hostAddress"
              "hostAddress6"
              "localAddress"
              "localAddress6"
              "privateNetwork"
              "privateUsers"
              "restartIfChanged"
              "timeoutStartSec"
            ] container
            // {
              ports = plain (container.forwardPorts or [ ]);
            };
          system = describe container.config;
        }) config.containers
      else
        { };
  };
in
# The derivation first: what fails in it is what `coop check` says, too.
config: builtins.seq config.system.build.toplevel.drvPath (builtins.toJSON (describe config))
