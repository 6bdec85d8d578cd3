/** Where tensors belong before a placement says which device that is. */

/** On the host beside the input, with a layer (its number), with the output, or with every layer's device. */
export type TensorHome = number;
export const HOME_INPUT: TensorHome = -1;
export const HOME_OUTPUT: TensorHome = -2;
/** Rope factors: llama.cpp makes a copy wherever layers are. */
export const HOME_EVERY_LAYER: TensorHome = -3;
