# What a NixOS system has of each thing that `coop plan` speaks about, as real Nix gives it: by the
# options and derivations themselves, not by what coop makes of them. Equal values mean no change.
config:
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    filter
    groupBy
    listToAttrs
    mapAttrs
    ;

  # Options without a value are left out.
  defined = mapAttrs (
    _: value:
    let
      tried = builtins.tryEval (builtins.toJSON value);
    in
    if tried.success then tried.value else null
  );

  byTarget = map (file: {
    name = file.target;
    value = [
      "${file.source}"
      file.mode
      file.user
      file.group
    ];
  });

  # Each once, in no order.
  paths =
    packages:
    attrNames (groupBy (package: builtins.unsafeDiscardStringContext package.outPath) packages);

  # Derivations by their paths.
  units = mapAttrs (
    _: unit: {
      is = [
        unit.unit.outPath
        unit.overrideStrategy
        unit.wantedBy
        unit.requiredBy
        unit.upheldBy
        unit.aliases
      ];
      text = if unit.text == null then "" else unit.text;
    }
  );

  open =
    firewall:
    concatMap (
      interface:
      let
        ports = firewall.allInterfaces.${interface};
        place = if interface == "default" then "" else " on ${interface}";
        range = kind: range: "${kind} ${toString range.from}-${toString range.to}${place}";
      in
      map (port: "tcp ${toString port}${place}") ports.allowedTCPPorts
      ++ map (port: "udp ${toString port}${place}") ports.allowedUDPPorts
      ++ map (range "tcp") ports.allowedTCPPortRanges
      ++ map (range "udp") ports.allowedUDPPortRanges
    ) (attrNames firewall.allInterfaces)
    ++ map (interface: "everything on ${interface}") firewall.trustedInterfaces;

  secret = [
    "password"
    "passwordFile"
    "hashedPassword"
    "hashedPasswordFile"
    "initialPassword"
    "initialHashedPassword"
  ];

  service = service: {
    inherit (service)
      reloadIfChanged
      restartIfChanged
      stopIfChanged
      ;
    manual = {
      start = service.unitConfig.X-OnlyManualStart or false;
      stop = service.unitConfig.RefuseManualStop or false;
    };
    socket = service.serviceConfig.Sockets or null;
  };

  system = config: {
    toplevel = config.system.build.toplevel.outPath;
    units = units config.systemd.units;
    user_units = units config.systemd.user.units;
    services = mapAttrs (_: service) config.systemd.services;
    files = listToAttrs (byTarget (filter (file: file.enable) (attrValues config.environment.etc)));
    packages = mapAttrs (_: paths) (
      groupBy (
        package: package.pname or (builtins.parseDrvName package.name).name
      ) config.environment.systemPackages
    );
    users = mapAttrs (_: user: defined (removeAttrs user secret)) config.users.users;
    inherit (config.users) groups;
    ports = open config.networking.firewall;
    domains =
      if config.services.nginx.enable then
        mapAttrs (_: defined) config.services.nginx.virtualHosts
      else
        { };
    certificates = mapAttrs (_: certificate: {
      inherit (certificate)
        domain
        extraDomainNames
        email
        server
        webroot
        dnsProvider
        group
        keyType
        reloadServices
        ;
    }) config.security.acme.certs;
    timers = listToAttrs (
      map (name: {
        name = "${name}.timer";
        value = config.systemd.timers.${name}.timerConfig;
      }) (filter (name: config.systemd.timers.${name}.enable) (attrNames config.systemd.timers))
    );
    tmpfiles = config.systemd.tmpfiles.settings // {
      inherit (config.systemd.tmpfiles) rules;
    };
    boot =
      if config.boot.isContainer then
        { }
      else
        {
          kernel = config.boot.kernelPackages.kernel.outPath;
          parameters = config.boot.kernelParams;
          modules = config.boot.kernelModules;
          initrd = config.system.build.initialRamdisk.outPath;
          loader = [
            config.system.boot.loader.id
            config.boot.loader.timeout
            config.boot.loader.grub.devices
          ];
        };
    file_systems = mapAttrs (_: defined) config.fileSystems;
    sysctl = removeAttrs config.boot.kernel.sysctl (
      filter (name: config.boot.kernel.sysctl.${name} == null) (attrNames config.boot.kernel.sysctl)
    );
    general = {
      "host name" = config.networking.hostName;
      "time zone" = config.time.timeZone;
      "name servers" = config.networking.nameservers;
    };
    lasting.stateVersion = config.system.stateVersion;
    activation = mapAttrs (_: step: step.text) (
      removeAttrs config.system.activationScripts (
        filter (name: !(config.system.activationScripts.${name} ? text)) (
          attrNames config.system.activationScripts
        )
      )
    );
    containers = mapAttrs (_: container: {
      is = [
        container.path
        container.autoStart
        container.extraFlags
        container.hostAddress
        container.localAddress
        container.bindMounts
      ];
      system = system container.config;
    }) config.containers;
  };
in
system config
