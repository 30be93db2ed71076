{ pkgs, ... }:
{
  services.xserver.enable = true;
  services.displayManager.gdm.enable = true;
  services.desktopManager.gnome.enable = true;
  services.pipewire.enable = true;
  services.printing.enable = true;
  hardware.bluetooth.enable = true;
  virtualisation.libvirtd.enable = true;
  programs.firefox.enable = true;
  environment.systemPackages = [
    pkgs.git
    pkgs.vim
    (pkgs.python3.withPackages (packages: [
      packages.numpy
      packages.requests
    ]))
  ];
}
