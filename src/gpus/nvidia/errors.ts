import type { GpuError } from '../types.ts';
import { gpuError, normalizePci } from '../values.ts';

const MAX_TEXT = 4_096;

/**
 * What nvidia-smi says when it fails: on stdout, with a non-zero exit that is NVML's nvmlReturn_t for the most part.
 * The text decides; the exit code only where there is no known text. Texts as captured in
 * https://github.com/utkuozdemir/nvidia_gpu_exporter/issues/63, …/354 and NVIDIA/nvidia-container-toolkit#48; codes of
 * https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceEnumvs.html.
 */
export function nvidiaTextError(output: string): GpuError | null {
  // The messages stand at the beginning; a flood behind them must not cost time.
  const text = output.slice(0, MAX_TEXT);
  if (/driver\/library version mismatch/i.test(text)) {
    const version = /NVML library version:\s*([\d.]+)/i.exec(text)?.[1];
    return gpuError('driver-mismatch', version === undefined ? {} : { libraryVersion: version }, text);
  }
  if (/couldn't communicate with the NVIDIA driver/i.test(text)) {
    return gpuError('driver-not-loaded', {}, text);
  }
  if (/no devices were found/i.test(text)) {
    return gpuError('no-devices', {}, text);
  }
  const handle =
    /unable to determine the device handle for GPU ?([0-9A-F:.]+?):? *(GPU is lost|Unknown Error|$)/im.exec(text);
  if (handle) {
    const pci = normalizePci(handle[1]!) ?? handle[1]!;
    return gpuError(/lost/i.test(handle[2]!) ? 'gpu-lost' : 'gpu-handle', { pci }, text);
  }
  if (/GPU is lost/i.test(text)) {
    return gpuError('gpu-lost', {}, text);
  }
  if (/infoROM is corrupted/i.test(text)) {
    return gpuError('inforom-corrupted', {}, text);
  }
  if (/not a valid field to query/i.test(text)) {
    return gpuError('driver-too-old', {}, text);
  }
  if (/insufficient permissions/i.test(text)) {
    return gpuError('no-permission', {}, text);
  }
  if (/(nvml|libnvidia-ml)[^\n]{0,200}not found|couldn't find libnvidia-ml/i.test(text)) {
    return gpuError('nvml-library-missing', {}, text);
  }
  if (/failed to initialize NVML:/i.test(text)) {
    return gpuError('nvml-unknown', {}, text);
  }
  return null;
}

/** The error for a non-zero exit. */
export function nvidiaExitError(exit: number | null, text: string): GpuError {
  const known = nvidiaTextError(text);
  if (known !== null) {
    return known;
  }
  switch (exit) {
    case 2:
      return gpuError('driver-too-old', {}, text);
    case 4:
      return gpuError('no-permission', {}, text);
    case 6:
      return gpuError('no-devices', {}, text);
    case 9:
      return gpuError('driver-not-loaded', {}, text);
    case 12:
      return gpuError('nvml-library-missing', {}, text);
    case 14:
      return gpuError('inforom-corrupted', {}, text);
    case 15:
      return gpuError('gpu-lost', {}, text);
    case 18:
      return gpuError('driver-mismatch', {}, text);
    case 127:
      return gpuError('not-installed', { command: 'nvidia-smi' }, text);
    default:
      return gpuError('command-failed', { exit: exit ?? 'signal' }, text);
  }
}
