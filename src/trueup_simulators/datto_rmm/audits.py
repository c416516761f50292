"""Hardware audits of a device, a printer and an ESXi host, derived from the device's number."""

from __future__ import annotations

from trueup_simulators.datto_rmm.inventory import Device
from trueup_simulators.datto_rmm.records import Time, mac_of

_MAKERS = ("Dell Inc.", "HP", "Lenovo", "LENOVO")


def _nic(device: Device) -> dict[str, object]:
    return {"instance": "eth0", "ipv4": "10.0.0.5", "ipv6": None, "macAddress": mac_of(device), "type": "Ethernet"}


def _snmp(device: Device) -> dict[str, object]:
    return {
        "snmpName": device.hostname,
        "snmpContact": None,
        "snmpDescription": device.category,
        "snmpLocation": None,
        "snmpUptime": "12 days",
        "nicManufacturer": _MAKERS[device.id % len(_MAKERS)],
        "objectId": "1.3.6.1.4.1.2",
        "snmpSerial": f"SN{device.id}",
    }


def device_audit(device: Device, platform: str, when: Time) -> dict[str, object]:
    """Return the audit of a computer or a network device."""
    computer = device.device_class == "device"
    return {
        "portalUrl": f"https://{platform}.rmm.datto.com/device/{device.id}",
        "webRemoteUrl": f"https://{platform}.rmm.datto.com/web-remote/{device.id}" if computer else None,
        "systemInfo": {
            "manufacturer": _MAKERS[device.id % len(_MAKERS)],
            "model": f"Model {device.id % 9}",
            "totalPhysicalMemory": 17_179_869_184,
            "username": None,
            "dotNetVersion": "4.8",
            "totalCpuCores": 8,
        },
        "nics": [_nic(device)],
        "bios": {
            "instance": "BIOS",
            "releaseDate": when(1_650_000_000_000),
            "serialNumber": f"SN{device.id}",
            "smBiosVersion": "1.9.0",
        }
        if computer
        else None,
        "baseBoard": {"manufacturer": "Dell Inc.", "product": "0ABC12"} if computer else None,
        "displays": [],
        "logicalDisks": [
            {"description": "Local Fixed Disk", "diskIdentifier": "C:", "freespace": 10**11, "size": 5 * 10**11}
        ]
        if computer
        else [],
        "mobileInfo": [],
        "processors": [{"name": "Intel(R) Core(TM) i5"}] if computer else [],
        "videoBoards": [],
        "attachedDevices": [],
        "snmpInfo": None if computer else _snmp(device),
        "physicalMemory": [],
    }


def printer_audit(device: Device, platform: str) -> dict[str, object]:
    """Return the audit of a printer."""
    return {
        "portalUrl": f"https://{platform}.rmm.datto.com/device/{device.id}",
        "snmpInfo": _snmp(device),
        "printerMarkerSupplies": [{"description": "Black Cartridge", "maxCapacity": "100", "suppliesLevel": "42"}],
        "printer": {"printedPageCount": device.id % 90_000},
        "systemInfo": {"manufacturer": "Kyocera", "model": "ECOSYS P3155dn"},
        "nics": [_nic(device)],
    }


def esxi_audit(device: Device, platform: str) -> dict[str, object]:
    """Return the audit of an ESXi host."""
    return {
        "portalUrl": f"https://{platform}.rmm.datto.com/device/{device.id}",
        "systemInfo": {
            "manufacturer": "HPE",
            "model": "ProLiant DL380 Gen10",
            "name": device.hostname,
            "numberOfSnapshots": 0,
            "serviceTag": f"SN{device.id}",
        },
        "guests": [
            {
                "guestName": "DC01",
                "processorSpeedTotal": 4800,
                "memorySizeTotal": 8_589_934_592,
                "numberOfSnapshots": 0,
                "datastores": "datastore1",
            }
        ],
        "processors": [{"frequency": 2.4, "name": "Xeon Silver 4214", "numberOfCores": 12}],
        "nics": [
            {
                "name": "vmnic0",
                "ipv4": None,
                "ipv6": None,
                "macAddress": mac_of(device),
                "speed": "1000",
                "type": "Ethernet",
            }
        ],
        "physicalMemory": [],
        "datastores": [
            {
                "datastoreName": "datastore1",
                "subscriptionPercent": 60,
                "freeSpace": 10**11,
                "size": 10**12,
                "fileSystem": "VMFS",
                "status": "normal",
                "dataExtents": [],
            }
        ],
    }
