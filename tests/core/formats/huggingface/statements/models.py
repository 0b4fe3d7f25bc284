"""Which small models are stated: class, config.json, first seed."""
from decoders import Gemma, Gemma2, Gemma3, Gpt2, Llama, Mistral, Mixtral, Phi3, Qwen2, Qwen3
from encoder_decoders import T5, Whisper
from encoders import Bert, BertForMaskedLm, BertForSequenceClassification


def config(architecture, **fields):
    base = {"architectures": [architecture], "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
            "intermediate_size": 24, "vocab_size": 48, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "max_position_embeddings": 128,
            "hidden_act": "silu", "torch_dtype": "float32"}
    base.update(fields)
    return base


def bert_config(architecture, **fields):
    base = {"architectures": [architecture], "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24,
            "vocab_size": 48, "layer_norm_eps": 1e-12, "max_position_embeddings": 16, "type_vocab_size": 2, "hidden_act": "gelu",
            "position_embedding_type": "absolute", "torch_dtype": "float32"}
    base.update(fields)
    return base


def gemma_config(architecture, **fields):
    made = config(architecture, head_dim=6, hidden_activation="gelu_pytorch_tanh", rms_norm_eps=1e-6, **fields)
    del made["hidden_act"]
    return made


def t5_config(**fields):
    base = {"architectures": ["T5ForConditionalGeneration"], "d_model": 16, "d_kv": 6, "d_ff": 24, "num_layers": 2, "num_heads": 3,
            "vocab_size": 40, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 20, "layer_norm_epsilon": 1e-6,
            "feed_forward_proj": "relu", "tie_word_embeddings": True, "is_encoder_decoder": True, "decoder_start_token_id": 0,
            "eos_token_id": 1, "torch_dtype": "float32"}
    base.update(fields)
    return base


WHISPER = {"architectures": ["WhisperForConditionalGeneration"], "d_model": 16, "encoder_layers": 2, "decoder_layers": 2,
           "encoder_attention_heads": 4, "decoder_attention_heads": 2, "encoder_ffn_dim": 20, "decoder_ffn_dim": 24, "num_mel_bins": 6,
           "vocab_size": 40, "max_source_positions": 16, "max_target_positions": 80, "activation_function": "gelu",
           "scale_embedding": False, "is_encoder_decoder": True, "decoder_start_token_id": 5, "eos_token_id": 1, "torch_dtype": "float32"}

LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}

MODELS = {
    "llama": (Llama, config("LlamaForCausalLM", rope_scaling=LLAMA3, tie_word_embeddings=False), 100),
    "mistral": (Mistral, config("MistralForCausalLM", sliding_window=7, head_dim=6, tie_word_embeddings=False), 200),
    "qwen2": (Qwen2, config("Qwen2ForCausalLM", use_sliding_window=True, sliding_window=9, max_window_layers=1, rope_theta=1e6,
                            tie_word_embeddings=True), 300),
    "qwen3": (Qwen3, config("Qwen3ForCausalLM", head_dim=6, attention_bias=False, use_sliding_window=False, sliding_window=None,
                            max_window_layers=2, rope_theta=1e6, tie_word_embeddings=True), 400),
    "phi3": (Phi3, config("Phi3ForCausalLM", partial_rotary_factor=0.5, sliding_window=8, num_attention_heads=2, num_key_value_heads=1,
                          tie_word_embeddings=False), 500),
    "phi3_longrope": (Phi3, config("Phi3ForCausalLM", max_position_embeddings=1024, original_max_position_embeddings=128,
                                   sliding_window=None, tie_word_embeddings=False,
                                   rope_scaling={"type": "longrope", "short_factor": [1.0, 1.3], "long_factor": [2.0, 7.5]}), 600),
    "gemma": (Gemma, gemma_config("GemmaForCausalLM"), 700),
    "gemma2": (Gemma2, gemma_config("Gemma2ForCausalLM", sliding_window=6, query_pre_attn_scalar=20, attn_logit_softcapping=3.0,
                                    final_logit_softcapping=5.0, num_hidden_layers=3), 800),
    "gemma3": (Gemma3, gemma_config("Gemma3ForCausalLM", sliding_window=6, query_pre_attn_scalar=10, attn_logit_softcapping=None,
                                    final_logit_softcapping=None, num_hidden_layers=3, sliding_window_pattern=3, rope_theta=1e6,
                                    rope_local_base_freq=1e3, rope_scaling={"rope_type": "linear", "factor": 8.0}), 900),
    "gpt2": (Gpt2, {"architectures": ["GPT2LMHeadModel"], "n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 80, "vocab_size": 48,
                    "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", "torch_dtype": "float32"}, 1000),
    "mixtral": (Mixtral, config("MixtralForCausalLM", num_local_experts=4, num_experts_per_tok=2, intermediate_size=12, sliding_window=None,
                                rope_theta=1e6, tie_word_embeddings=False), 1100),
    "bert": (Bert, bert_config("BertModel"), 1200),
    "bert_masked_lm": (BertForMaskedLm, bert_config("BertForMaskedLM"), 1300),
    "bert_classifier": (BertForSequenceClassification,
                        bert_config("BertForSequenceClassification", id2label={"0": "a", "1": "b", "2": "c"}), 1400),
    "t5": (T5, t5_config(), 1502),
    "t5_gated": (T5, t5_config(feed_forward_proj="gated-gelu", tie_word_embeddings=False, num_decoder_layers=3, num_layers=1,
                               decoder_start_token_id=2), 1603),
    "whisper": (Whisper, WHISPER, 1700),
}
