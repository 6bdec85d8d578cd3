/**
 * Which name llama.cpp's converter gives a tensor of a checkpoint: a GGUF name, `<`, then the checkpoints' names for it,
 * without `.weight` and `.bias`. `{L}` is the layer; `~` stands for `model.layers.{L}.`, `%` for `blk.{L}.`.
 *
 * Facts from gguf-py's `TensorNameMap` (gguf/tensor_mapping.py, constants.py) of llama.cpp 0c1e57098, towers left out.
 */
export const NAME_TABLE = `
altup_proj < model.altup_projections
altup_unembd_proj < model.altup_unembed_projections
%altup_correct_coef < ~altup.correction_coefs
%altup_correct_scale < ~altup.correct_output_scale
%altup_predict_coef < ~altup.prediction_coefs
%altup_router < ~altup.modality_router
%altup_router_norm < ~altup.router_norm
%attn_conv_base < ~attention_conv.base_kernel
%attn_conv_proj < ~attention_conv.kernel_projection
%attn_gate < ~self_attn.gate_proj ~linear_attn.in_proj_z ~self_attn.g_proj ~self_attn.output_gate ~self_attn.linear_gate
%attn_k < ~self_attn.k_proj ~attention.k_proj layers.{L}.self_attn.k_proj ~self_attn.k_proj_no_perm layers.{L}.attention.wk encoder.layer.{L}.attention.self.key transformer.layer.{L}.attention.k_lin transformer.h.{L}.attn.k_proj transformer.h.{L}.attn.k model.layers.layers.{L}.self_attn.k_proj ~attention.wk transformer.decoder_layer.{L}.multi_head_attention.key transformer.h.{L}.attn.attention.k_proj model.transformer.blocks.{L}.k_proj backbone.layers.{L}.mixer.k_proj model.blocks.{L}.attn.attn_key
%attn_k_b < ~self_attn.k_b_proj ~attention.k_b_proj layers.{L}.attention.k_b_proj
%attn_k_norm < encoder.layers.{L}.self_attention.k_layernorm ~self_attn.k_layernorm ~self_attn.key_layernorm ~attention.key_layernorm ~self_attn.k_norm layers.{L}.self_attn.k_norm transformer.blocks.{L}.attn.k_ln encoder.layer.{L}.attention.self.layer_norm_k transformer.layers.{L}.attn.k_norm model.layers.layers.{L}.mixer.k model.layers.layers.{L}.mixer.k_norm ~self_attn.k_rope_only_layernorm
%attn_kv_a_mqa < ~self_attn.kv_a_proj_with_mqa ~attention.kv_a_proj_with_mqa layers.{L}.attention.wkv_a_with_mqa
%attn_kv_a_norm < ~self_attn.kv_a_layernorm ~attention.kv_a_layernorm layers.{L}.attention.kv_a_norm
%attn_kv_b < ~self_attn.kv_b_proj ~attention.kv_b_proj
%attn_norm < gpt_neox.layers.{L}.input_layernorm transformer.h.{L}.ln_1 transformer.blocks.{L}.norm_1 transformer.h.{L}.input_layernorm h.{L}.input_layernorm transformer.h.{L}.ln_mlp ~input_layernorm layers.{L}.attention_norm ~ln1 h.{L}.ln_1 transformer.h.{L}.ln model.layers.layers.{L}.norm model.layers.layers.{L}.pre_mixer_norm ~attention_norm ~norm backbone.layers.{L}.norm transformer.decoder_layer.{L}.rms_norm ~pre_attn_norm transformer.blocks.{L}.norm_attn_norm.norm_1 encoder.layers.{L}.input_layernorm transformer.layers.{L}.attn_norm rwkv.blocks.{L}.ln1 layers.{L}.input_layernorm transformer_encoder.{L}.attention_norm layers.{L}.attn_norm ~operator_norm model.transformer.blocks.{L}.attn_norm ~attention_layernorm ~pre_attention_layernorm
%attn_norm_2 < transformer.h.{L}.ln_attn encoder.layer.{L}.layer_norm_1 rwkv.blocks.{L}.ln2 ~self_attn.norm
%attn_output < gpt_neox.layers.{L}.attention.dense transformer.h.{L}.attn.c_proj transformer.blocks.{L}.attn.out_proj transformer.h.{L}.self_attention.dense h.{L}.self_attention.dense ~self_attn.o_proj ~attention.o_proj ~attention.dense layers.{L}.self_attn.o_proj ~self_attn.out_proj ~self_attn.linear_attn layers.{L}.attention.wo encoder.layer.{L}.attention.output.dense layers.{L}.attn.Wo transformer.layer.{L}.attention.out_lin transformer.h.{L}.attn.out_proj ~self_attn.dense h.{L}.attn.c_proj transformer.h.{L}.mixer.out_proj model.layers.layers.{L}.self_attn.o_proj model.layers.layers.{L}.mixer.o_proj ~attention.wo encoder.layers.{L}.attn.out_proj encoder.layers.{L}.mixer.out_proj transformer.decoder_layer.{L}.multi_head_attention.linear transformer.blocks.{L}.norm_attn_norm.attn.out_proj encoder.layers.{L}.self_attention.dense transformer.layers.{L}.attn.out_proj transformer.h.{L}.attn.attention.out_proj transformer_encoder.{L}.wo model.transformer.blocks.{L}.attn_out backbone.layers.{L}.mixer.o_proj ~self_attn.language_expert_dense model.blocks.{L}.attn.attn_resid
%attn_output_norm < encoder.layer.{L}.attention.output.LayerNorm transformer.layer.{L}.sa_layer_norm encoder.layers.{L}.norm1 transformer.decoder_layer.{L}.rms_norm_1 ~post_attn_norm transformer.blocks.{L}.norm_attn_norm.norm_2
%attn_q < ~self_attn.q_proj ~attention.q_proj layers.{L}.self_attn.q_proj ~self_attn.q_proj_no_perm layers.{L}.attention.wq encoder.layer.{L}.attention.self.query transformer.layer.{L}.attention.q_lin transformer.h.{L}.attn.q_proj model.layers.layers.{L}.self_attn.q_proj ~attention.wq transformer.decoder_layer.{L}.multi_head_attention.query transformer.h.{L}.attn.attention.q_proj model.transformer.blocks.{L}.q_proj backbone.layers.{L}.mixer.q_proj model.blocks.{L}.attn.attn_query
%attn_q_a < ~self_attn.q_a_proj ~attention.q_a_proj layers.{L}.attention.wq_a
%attn_q_a_norm < ~self_attn.q_a_layernorm ~attention.q_a_layernorm layers.{L}.attention.q_a_norm
%attn_q_b < ~self_attn.q_b_proj ~attention.q_b_proj layers.{L}.attention.wq_b
%attn_q_norm < encoder.layers.{L}.self_attention.q_layernorm ~self_attn.q_layernorm ~self_attn.query_layernorm ~attention.query_layernorm ~self_attn.q_norm layers.{L}.self_attn.q_norm transformer.blocks.{L}.attn.q_ln encoder.layer.{L}.attention.self.layer_norm_q transformer.layers.{L}.attn.q_norm model.layers.layers.{L}.mixer.q model.layers.layers.{L}.mixer.q_norm model.blocks.{L}.attn.head_gain.head_g
%attn_qkv < gpt_neox.layers.{L}.attention.query_key_value transformer.h.{L}.attn.c_attn transformer.blocks.{L}.attn.Wqkv transformer.blocks.{L}.norm_attn_norm.attn.Wqkv transformer.h.{L}.self_attention.query_key_value h.{L}.self_attention.query_key_value ~self_attn.query_key_value ~attention.query_key_value h.{L}.attn.c_attn transformer.h.{L}.mixer.Wqkv encoder.layers.{L}.attn.Wqkv encoder.layers.{L}.mixer.Wqkv ~self_attn.qkv_proj model.layers.layers.{L}.mixer.qkv_proj encoder.layers.{L}.self_attention.query_key_value transformer.layers.{L}.attn.qkv_proj transformer_encoder.{L}.qkv layers.{L}.attn.Wqkv ~self_attn.language_expert_query_key_value ~linear_attn.in_proj_qkv
%attn_rot_embd < ~self_attn.rotary_emb.inv_freq layers.{L}.attention.inner_attention.rope.freqs model.layers.layers.{L}.self_attn.rotary_emb.inv_freq transformer.h.{L}.attn.rotary_emb.inv_freq
%attn_sinks < ~self_attn.sinks ~self_attn.attention_sink_bias ~self_attn.learnable_sink_param
%attn_sub_norm < ~self_attn.inner_attn_ln
%attn_v < ~self_attn.v_proj ~attention.v_proj layers.{L}.self_attn.v_proj layers.{L}.attention.wv encoder.layer.{L}.attention.self.value transformer.layer.{L}.attention.v_lin transformer.h.{L}.attn.v_proj transformer.h.{L}.attn.v model.layers.layers.{L}.self_attn.v_proj ~attention.wv transformer.decoder_layer.{L}.multi_head_attention.value transformer.h.{L}.attn.attention.v_proj model.transformer.blocks.{L}.v_proj backbone.layers.{L}.mixer.v_proj model.blocks.{L}.attn.attn_value
%attn_v_b < ~self_attn.v_b_proj ~attention.v_b_proj layers.{L}.attention.v_b_proj
%channel_mix_key < rwkv.blocks.{L}.feed_forward.key ~feed_forward.key
%channel_mix_lerp_k < rwkv.blocks.{L}.feed_forward.time_maa_k ~feed_forward.x_k
%channel_mix_lerp_r < rwkv.blocks.{L}.feed_forward.time_maa_r
%channel_mix_receptance < rwkv.blocks.{L}.feed_forward.receptance
%channel_mix_value < rwkv.blocks.{L}.feed_forward.value ~feed_forward.value
%exp_probs_b < ~mlp.gate.e_score_correction ~mlp.moe_statics.e_score_correction ~mlp.gate.expert_bias ~mlp.expert_bias ~feed_forward.expert_bias ~block_sparse_moe.e_score_correction backbone.layers.{L}.mixer.gate.e_score_correction ~mlp.e_score_correction ~block_sparse_moe.gate.e_score_correction ~moe.router_bias ~mlp.experts.e_score_correction
%ffn_conv_base < ~mlp_conv.base_kernel
%ffn_conv_proj < ~mlp_conv.kernel_projection
%ffn_down < gpt_neox.layers.{L}.mlp.dense_4h_to_h transformer.h.{L}.mlp.c_proj transformer.blocks.{L}.ffn.down_proj transformer.h.{L}.mlp.dense_4h_to_h h.{L}.mlp.dense_4h_to_h ~mlp.down_proj layers.{L}.mlp.down_proj layers.{L}.feed_forward.w2 encoder.layer.{L}.output.dense layers.{L}.mlp.Wo transformer.layer.{L}.ffn.lin2 transformer.h.{L}.mlp.fc_out ~mlp.dense_4h_to_h h.{L}.mlp.c_proj transformer.h.{L}.mlp.fc2 ~mlp.fc2 model.layers.layers.{L}.mlp.down_proj ~feed_forward.w2 encoder.layers.{L}.mlp.fc2 ~mlp.c_proj encoder.layer.{L}.mlp.wo transformer.layers.{L}.ffn.proj_2 ~residual_mlp.w2 encoder.layer.{L}.mlp.down_layer encoder.layers.{L}.mlp.dense_4h_to_h model.layers.h.{L}.mlp.c_proj ~feed_forward.down_proj transformer_encoder.{L}.ffn.w3 ~block_sparse_moe.down model.transformer.blocks.{L}.ff_out backbone.layers.{L}.mixer.down_proj ~mlp.language_mlp.down_proj model.blocks.{L}.mlp.mlp_resid
%ffn_down_chexps < ~mlp.chunk_experts.down_proj
%ffn_down_exps < layers.{L}.feed_forward.experts.w2 transformer.decoder_layer.{L}.moe.linear_1 transformer.blocks.{L}.ffn.experts.mlp.w2 ~mlp.experts.down_proj ~block_sparse_moe.output_linear ~block_sparse_moe.experts.w2 ~feed_forward.experts.down_proj encoder.layers.{L}.mlp.experts.mlp.w2 ~block_sparse_moe.experts.down ~moe.down_proj ~experts.down_proj
%ffn_down_shexp < ~mlp.shared_expert.down_proj ~mlp.shared_experts.down_proj ~feed_forward.shared_expert.down_proj ~shared_mlp.output_linear ~mlp.shared_mlp.down_proj layers.{L}.shared_experts.w2 backbone.layers.{L}.mixer.shared_experts.down_proj ~block_sparse_moe.shared_experts.down_proj ~share_expert.down_proj
%ffn_gate < ~mlp.gate_proj layers.{L}.mlp.gate_proj layers.{L}.feed_forward.w1 transformer.h.{L}.mlp.w2 transformer.h.{L}.mlp.c_fc2 model.layers.layers.{L}.mlp.gate_proj ~feed_forward.w1 encoder.layers.{L}.mlp.fc12 encoder.layer.{L}.mlp.gated_layers_w transformer.h.{L}.mlp.linear_1 ~residual_mlp.w1 transformer.h.{L}.mlp.c_fc_0 ~feed_forward.gate_proj model.transformer.blocks.{L}.ff_proj ~mlp.language_mlp.gate_proj model.blocks.{L}.mlp.mlp_gate
%ffn_gate_chexps < ~mlp.chunk_experts.gate_proj
%ffn_gate_exps < layers.{L}.feed_forward.experts.w1 transformer.decoder_layer.{L}.moe.linear transformer.blocks.{L}.ffn.experts.mlp.w1 ~mlp.experts.gate_proj ~block_sparse_moe.experts.w1 ~feed_forward.experts.gate_proj ~block_sparse_moe.experts.gate ~moe.gate_proj
%ffn_gate_inp < layers.{L}.feed_forward.gate ~block_sparse_moe.gate ~mlp.gate transformer.decoder_layer.{L}.router transformer.blocks.{L}.ffn.router.layer ~block_sparse_moe.router.layer ~block_sparse_moe.router ~feed_forward.router encoder.layers.{L}.mlp.router.layer ~mlp.router ~mlp.gate.wg ~block_sparse_moe.primary_router ~feed_forward.gate ~mlp.router.gate layers.{L}.gate backbone.layers.{L}.mixer.gate ~moe.gate ~router.proj
%ffn_gate_inp_shexp < ~mlp.shared_expert_gate
%ffn_gate_shexp < ~mlp.shared_expert.gate_proj ~mlp.shared_experts.gate_proj ~feed_forward.shared_expert.gate_proj ~mlp.shared_mlp.gate_proj layers.{L}.shared_experts.w1 ~block_sparse_moe.shared_experts.gate_proj ~share_expert.gate_proj
%ffn_gate_up_exps < ~mlp.experts.gate_up_proj ~experts.gate_up_proj
%ffn_latent_down < backbone.layers.{L}.mixer.fc1_latent_proj
%ffn_latent_up < backbone.layers.{L}.mixer.fc2_latent_proj
%ffn_norm < gpt_neox.layers.{L}.post_attention_layernorm transformer.h.{L}.ln_2 h.{L}.post_attention_layernorm transformer.blocks.{L}.norm_2 ~post_attention_layernorm layers.{L}.ffn_norm ~ln2 h.{L}.ln_2 ~ffn_norm transformer.decoder_layer.{L}.rms_norm_2 ~pre_moe_norm encoder.layers.{L}.post_attention_layernorm transformer.layers.{L}.ffn_norm ~pre_ff_layernorm ~pre_moe_layernorm transformer_encoder.{L}.ffn_norm model.layers.layers.{L}.pre_mlp_norm model.transformer.blocks.{L}.ff_norm layers.{L}.post_attention_layernorm ~feedforward_layernorm ~pre_mlp_layernorm layers.{L}.mlp_norm ~pre_feedforward_layernorm layers.{L}.pre_feedforward_layernorm ~residual_layernorm
%ffn_routed_down < ~block_sparse_moe.routed_expert_down_proj
%ffn_routed_norm < ~block_sparse_moe.routed_expert_norm
%ffn_routed_up < ~block_sparse_moe.routed_expert_up_proj
%ffn_sub_norm < ~mlp.ffn_layernorm
%ffn_up < gpt_neox.layers.{L}.mlp.dense_h_to_4h transformer.h.{L}.mlp.c_fc transformer.blocks.{L}.ffn.up_proj transformer.h.{L}.mlp.dense_h_to_4h h.{L}.mlp.dense_h_to_4h ~mlp.up_proj layers.{L}.mlp.up_proj layers.{L}.feed_forward.w3 encoder.layer.{L}.intermediate.dense layers.{L}.mlp.Wi transformer.layer.{L}.ffn.lin1 transformer.h.{L}.mlp.fc_in transformer.h.{L}.mlp.linear_3 ~mlp.dense_h_to_4h transformer.h.{L}.mlp.w1 h.{L}.mlp.c_fc transformer.h.{L}.mlp.fc1 ~mlp.fc1 ~mlp.gate_up_proj model.layers.layers.{L}.mlp.up_proj model.layers.layers.{L}.mlp.gate_up_proj ~feed_forward.w3 encoder.layers.{L}.mlp.fc11 encoder.layers.{L}.mlp.fc1 ~mlp.c_fc encoder.layer.{L}.mlp.gated_layers_v encoder.layer.{L}.mlp.gated_layers encoder.layer.{L}.mlp.up_gated_layer ~residual_mlp.w3 encoder.layers.{L}.mlp.dense_h_to_4h transformer.h.{L}.mlp.c_fc_1 ~feed_forward.up_proj transformer_encoder.{L}.ffn.w12 ~block_sparse_moe.up model.transformer.blocks.{L}.up_proj backbone.layers.{L}.mixer.up_proj ~mlp.language_mlp.up_proj model.blocks.{L}.mlp.mlp_linear
%ffn_up_chexps < ~mlp.chunk_experts.up_proj
%ffn_up_exps < layers.{L}.feed_forward.experts.w3 transformer.decoder_layer.{L}.moe.linear_v transformer.blocks.{L}.ffn.experts.mlp.v1 ~mlp.experts.up_proj ~block_sparse_moe.experts.w3 ~feed_forward.experts.up_proj encoder.layers.{L}.mlp.experts.mlp.w1 ~block_sparse_moe.experts.up ~moe.up_proj
%ffn_up_shexp < ~mlp.shared_expert.up_proj ~mlp.shared_experts.up_proj ~feed_forward.shared_expert.up_proj ~mlp.shared_mlp.up_proj layers.{L}.shared_experts.w3 backbone.layers.{L}.mixer.shared_experts.up_proj ~block_sparse_moe.shared_experts.up_proj ~share_expert.up_proj
%hc_attn_base < ~hc_attn_layer.hc_pre.hc_base ~hc_attn_base
%hc_attn_down < ~attn_hyper_connection.input_mix_weight_down
%hc_attn_fn < ~hc_attn_layer.hc_pre.hc_fn ~hc_attn_fn
%hc_attn_inject < ~attn_hyper_connection.block_inject_weight
%hc_attn_norm < ~attn_hyper_connection.hc_norm
%hc_attn_scale < ~hc_attn_layer.hc_pre.hc_scale ~hc_attn_scale
%hc_attn_up < ~attn_hyper_connection.input_mix_weight_up
%hc_ffn_base < ~hc_mlp_layer.hc_pre.hc_base ~hc_ffn_base
%hc_ffn_down < ~mlp_hyper_connection.input_mix_weight_down
%hc_ffn_fn < ~hc_mlp_layer.hc_pre.hc_fn ~hc_ffn_fn
%hc_ffn_inject < ~mlp_hyper_connection.block_inject_weight
%hc_ffn_norm < ~mlp_hyper_connection.hc_norm
%hc_ffn_scale < ~hc_mlp_layer.hc_pre.hc_scale ~hc_ffn_scale
%hc_ffn_up < ~mlp_hyper_connection.input_mix_weight_up
%indexer.attn_k < ~self_attn.indexer.wk
%indexer.attn_q_b < ~self_attn.indexer.wq_b
%indexer.k_norm < ~self_attn.indexer.k_layernorm ~self_attn.indexer.k_norm ~self_attn.index_k_norm
%indexer.k_proj < ~self_attn.index_k_proj
%indexer.proj < ~self_attn.indexer.weights_proj
%indexer.q_norm < ~self_attn.indexer.q_layernorm ~self_attn.index_q_norm
%indexer.q_proj < ~self_attn.index_q_proj
%indexer_compressor_ape < ~self_attn.indexer.index_kpool_compress_ape
%indexer_compressor_gate < ~self_attn.indexer.index_kpool_compress_gate
%inp_gate < ~per_layer_input_gate
%laurel_l < ~laurel.linear_left
%laurel_post_norm < ~laurel.post_laurel_norm
%laurel_r < ~laurel.linear_right
%layer_output_norm < encoder.layer.{L}.output.LayerNorm transformer.layer.{L}.output_layer_norm encoder.layers.{L}.norm2 transformer.decoder_layer.{L}.rms_norm_3 encoder.layer.{L}.mlp.layernorm encoder.layer.{L}.layer_norm_2 ~final_layernorm
%layer_output_scale < ~layer_scalar model.blocks.{L}.embed_skip.a_g
%nextn.eh_proj < ~eh_proj
%nextn.embed_tokens < ~embed_tokens
%nextn.enorm < ~enorm
%nextn.hnorm < ~hnorm
%nextn.shared_head_head < ~shared_head.head
%nextn.shared_head_norm < ~shared_head.norm
%ple_conv1d < ~ple.conv1d
%ple_key < ~ple.key_proj
%ple_norm_conv < ~ple.norm_conv
%ple_norm_key < ~ple.norm_key
%ple_norm_query < ~ple.norm_query
%ple_value < ~ple.value_proj
%post_attention_norm < ~post_self_attn_layernorm model.layers.layers.{L}.post_mixer_norm.weight
%post_ffw_norm < ~post_feedforward_layernorm layers.{L}.post_feedforward_layernorm ~post_mlp_layernorm model.layers.layers.{L}.post_mlp_norm.weight ~post_moe_norm
%post_ffw_norm_1 < ~post_feedforward_layernorm_1
%post_ffw_norm_2 < ~post_feedforward_layernorm_2
%post_norm < ~post_per_layer_input_norm
%pre_ffw_norm_2 < ~pre_feedforward_layernorm_2
%proj < ~per_layer_projection
%shortconv.conv < ~conv.conv
%shortconv.in_proj < ~conv.in_proj
%shortconv.out_proj < ~conv.out_proj
%ssm_a < ~A_log backbone.layers.{L}.mixer.A_log ~mamba.A_log model.layers.layers.{L}.mixer.A_log ~linear_attn.A_log ~self_attn.A_log ~attention.A_log
%ssm_alpha < ~linear_attn.in_proj_a
%ssm_b_norm < ~mamba.b_layernorm ~mamba.B_layernorm model.layers.layers.{L}.mixer.B_norm.weight
%ssm_ba < ~linear_attn.in_proj_ba
%ssm_beta < ~linear_attn.in_proj_b ~self_attn.b_proj ~attention.b_proj
%ssm_c_norm < ~mamba.c_layernorm ~mamba.C_layernorm model.layers.layers.{L}.mixer.C_norm.weight
%ssm_conv1d < ~conv1d backbone.layers.{L}.mixer.conv1d ~mamba.conv1d model.layers.layers.{L}.mixer.conv1d ~linear_attn.conv1d
%ssm_conv1d_k < ~self_attn.k_conv1d ~attention.k_conv1d
%ssm_conv1d_q < ~self_attn.q_conv1d ~attention.q_conv1d
%ssm_conv1d_v < ~self_attn.v_conv1d ~attention.v_conv1d
%ssm_d < ~D backbone.layers.{L}.mixer.D ~mamba.D model.layers.layers.{L}.mixer.D
%ssm_dt < ~dt_proj backbone.layers.{L}.mixer.dt_proj ~mamba.dt_proj model.layers.layers.{L}.mixer.dt_proj ~linear_attn.dt_proj backbone.layers.{L}.mixer.dt ~self_attn.dt_proj ~attention.dt_proj
%ssm_dt_norm < model.layers.layers.{L}.mixer.dt_norm.weight ~mamba.dt_layernorm
%ssm_f_a < ~self_attn.f_a_proj
%ssm_f_b < ~self_attn.f_b_proj
%ssm_g_a < ~self_attn.g_a_proj
%ssm_g_b < ~self_attn.g_b_proj
%ssm_in < ~in_proj backbone.layers.{L}.mixer.in_proj ~mamba.in_proj model.layers.layers.{L}.mixer.in_proj ~linear_attn.in_proj_qkvz
%ssm_norm < ~mamba.norm ~linear_attn.norm backbone.layers.{L}.mixer.norm ~self_attn.o_norm ~attention.o_norm
%ssm_out < ~out_proj backbone.layers.{L}.mixer.out_proj ~mamba.out_proj ~linear_attn.out_proj model.layers.layers.{L}.mixer.out_proj
%ssm_x < ~x_proj backbone.layers.{L}.mixer.x_proj ~mamba.x_proj model.layers.layers.{L}.mixer.bcdt_proj
%time_mix_a0 < ~attention.a0
%time_mix_a1 < ~attention.a1
%time_mix_a2 < ~attention.a2
%time_mix_decay < rwkv.blocks.{L}.attention.time_decay ~self_attn.time_decay
%time_mix_decay_w1 < rwkv.blocks.{L}.attention.time_decay_w1 ~self_attn.time_decay_w1
%time_mix_decay_w2 < rwkv.blocks.{L}.attention.time_decay_w2 ~self_attn.time_decay_w2
%time_mix_first < rwkv.blocks.{L}.attention.time_faaaa
%time_mix_g1 < ~attention.g1
%time_mix_g2 < ~attention.g2
%time_mix_gate < rwkv.blocks.{L}.attention.gate ~self_attn.gate
%time_mix_k_a < ~attention.k_a
%time_mix_k_k < ~attention.k_k
%time_mix_key < rwkv.blocks.{L}.attention.key ~attention.key
%time_mix_lerp_g < rwkv.blocks.{L}.attention.time_maa_g ~self_attn.time_maa_g
%time_mix_lerp_k < rwkv.blocks.{L}.attention.time_maa_k ~self_attn.time_maa_k
%time_mix_lerp_r < rwkv.blocks.{L}.attention.time_maa_r ~self_attn.time_maa_r
%time_mix_lerp_v < rwkv.blocks.{L}.attention.time_maa_v ~self_attn.time_maa_v
%time_mix_lerp_w < rwkv.blocks.{L}.attention.time_maa_w ~self_attn.time_maa_w
%time_mix_lerp_x < rwkv.blocks.{L}.attention.time_maa_x ~self_attn.time_maa_x
%time_mix_ln < rwkv.blocks.{L}.attention.ln_x ~attention.ln_x
%time_mix_output < rwkv.blocks.{L}.attention.output ~attention.output
%time_mix_r_k < ~attention.r_k
%time_mix_receptance < rwkv.blocks.{L}.attention.receptance ~attention.receptance ~attention.r_proj
%time_mix_v0 < ~attention.v0
%time_mix_v1 < ~attention.v1
%time_mix_v2 < ~attention.v2
%time_mix_value < rwkv.blocks.{L}.attention.value ~attention.value
%time_mix_w0 < ~attention.w0
%time_mix_w1 < rwkv.blocks.{L}.attention.time_maa_w1 ~self_attn.time_maa_w1 ~attention.w1
%time_mix_w2 < rwkv.blocks.{L}.attention.time_maa_w2 ~self_attn.time_maa_w2 ~attention.w2
%vis_attn_output < ~self_attn.vision_expert_dense
%vis_attn_qkv < ~self_attn.vision_expert_query_key_value
%vis_down < ~mlp.vision_mlp.down_proj
%vis_gate < ~mlp.vision_mlp.gate_proj
%vis_up < ~mlp.vision_mlp.up_proj
cls < classifier classifier.dense pre_classifier dense head.dense
cls.norm < head.norm
cls.output < classifier.out_proj
conf_proj < model.confidence_head.proj
conv1d < backbone.embed
dec.%attn_k < decoder.block.{L}.layer.0.SelfAttention.k
dec.%attn_norm < decoder.block.{L}.layer.0.layer_norm
dec.%attn_o < decoder.block.{L}.layer.0.SelfAttention.o
dec.%attn_q < decoder.block.{L}.layer.0.SelfAttention.q
dec.%attn_rel_b < decoder.block.{L}.layer.0.SelfAttention.relative_attention_bias
dec.%attn_v < decoder.block.{L}.layer.0.SelfAttention.v
dec.%cross_attn_k < decoder.block.{L}.layer.1.EncDecAttention.k
dec.%cross_attn_norm < decoder.block.{L}.layer.1.layer_norm
dec.%cross_attn_o < decoder.block.{L}.layer.1.EncDecAttention.o
dec.%cross_attn_q < decoder.block.{L}.layer.1.EncDecAttention.q
dec.%cross_attn_rel_b < decoder.block.{L}.layer.1.EncDecAttention.relative_attention_bias
dec.%cross_attn_v < decoder.block.{L}.layer.1.EncDecAttention.v
dec.%ffn_down < decoder.block.{L}.layer.2.DenseReluDense.wo
dec.%ffn_gate < decoder.block.{L}.layer.2.DenseReluDense.wi_0
dec.%ffn_norm < decoder.block.{L}.layer.2.layer_norm
dec.%ffn_up < decoder.block.{L}.layer.2.DenseReluDense.wi decoder.block.{L}.layer.2.DenseReluDense.wi_1
dec.output_norm < decoder.final_layer_norm
dense_2 < dense_2_out
dense_3 < dense_3_out
enc.%attn_k < encoder.block.{L}.layer.0.SelfAttention.k
enc.%attn_norm < encoder.block.{L}.layer.0.layer_norm
enc.%attn_o < encoder.block.{L}.layer.0.SelfAttention.o
enc.%attn_q < encoder.block.{L}.layer.0.SelfAttention.q
enc.%attn_rel_b < encoder.block.{L}.layer.0.SelfAttention.relative_attention_bias
enc.%attn_v < encoder.block.{L}.layer.0.SelfAttention.v
enc.%ffn_down < encoder.block.{L}.layer.1.DenseReluDense.wo
enc.%ffn_gate < encoder.block.{L}.layer.1.DenseReluDense.wi_0
enc.%ffn_norm < encoder.block.{L}.layer.1.layer_norm
enc.%ffn_up < encoder.block.{L}.layer.1.DenseReluDense.wi encoder.block.{L}.layer.1.DenseReluDense.wi_1
enc.output_norm < encoder.final_layer_norm layer_norm model.hidden_norm encoder.output_norm_enc
fc < model.fc encoder.fc
markov_w1 < model.markov_head.markov_w1
markov_w2 < model.markov_head.markov_w2
masked_embd_centroids < masked_embedding.centroids
masked_embd_ordering < masked_embedding.token_ordering
nextn.post_projection < post_projection
nextn.pre_projection < pre_projection
output < embed_out lm_head word_embeddings_for_head lm_head.linear output_layer head head.out model.lm_head model.transformer.ff_out head.decoder
output_hc_base < model.hc_head.hc_head_base
output_hc_down < model.hyper_connection_mixer.input_mix_weight_down
output_hc_fn < model.hc_head.hc_head_fn
output_hc_norm < model.hyper_connection_mixer.hc_norm
output_hc_scale < model.hc_head.hc_head_scale
output_hc_up < model.hyper_connection_mixer.input_mix_weight_up
output_norm < gpt_neox.final_layer_norm transformer.ln_f model.norm norm transformer.norm_f ln_f model.final_layernorm lm_head.ln model.norm_f backbone.norm_f transformer.rms_norm encoder.final_layernorm transformer.norm rwkv.ln_out model.ln_out backbone.final_layer_norm model.transformer.ln_f final_norm
per_layer_model_proj < model.per_layer_model_projection
per_layer_proj_norm < model.per_layer_projection_norm
per_layer_token_embd < model.embed_tokens_per_layer
position_embd < transformer.wpe embeddings.position_embeddings wpe model.embed_positions
rope_freqs < rope.freqs rotary_pos_emb.inv_freq encoder.layers.0.self_attention.rotary_emb.inv_freq encoder.layers.{L}.self_attention.rotary_emb.inv_freq encoder.layers.2.self_attention.rotary_emb.inv_freq
selector_hidden < model.candidate_selector.hidden_projection
selector_predecessor < model.candidate_selector.predecessor_codebook
selector_successor < model.candidate_selector.successor_codebook
token_embd < gpt_neox.embed_in transformer.wte transformer.word_embeddings word_embeddings model.embed_tokens embed_tokens tok_embeddings embeddings.word_embeddings embeddings.tok_embeddings wte transformer.embd.wte model.tok_embeddings model.embedding backbone.embedding backbone.embeddings transformer.in_out_embed embedding.word_embeddings transformer.token_embeddings shared rwkv.embeddings model.embeddings model.word_embeddings encoder model.transformer.wte model.embed
token_embd_norm < word_embeddings_layernorm embeddings.LayerNorm embeddings.norm emb_ln rwkv.blocks.0.pre_ln model.pre_ln model.layers.0.pre_norm backbone.norm model.embedding_norm
token_types < embeddings.token_type_embeddings
`;

/** Architectures whose norm behind attention is one of its own; elsewhere `post_attention_layernorm` is the network's. */
export const NORM_BEHIND_ATTENTION: ReadonlySet<string> = new Set([
  'afmoe',
  'exaone4',
  'gemma-embedding',
  'gemma2',
  'gemma3',
  'gemma3n',
  'gemma4',
  'gemma4-assistant',
  'glm4moe',
  'gpt-oss',
  'muse-glimmer',
  'nemotron_h_moe',
  'olmo2',
  'qwen35',
  'qwen35moe',
  'qwen3next',
  'seed_oss',
]);
/** Architectures where it is a second norm before attention. */
export const SECOND_ATTENTION_NORM: ReadonlySet<string> = new Set(['falcon', 'jina-bert-v2', 'rwkv6', 'rwkv7']);
