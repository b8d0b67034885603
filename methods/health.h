#pragma once

#include "methods/pretrain.h"

#include <string>
#include <vector>

namespace mlvicx {

/// What became of a pre-training, told from its embeddings.
///
/// - diverged: the loss, the spread, the rank or the deviation is not finite at the end, or the loss is ten times that
///   of the first epoch.
/// - collapsed: embeddings are alike (spread below 0.1: a mean cosine similarity of about 0.99), lie on a line
///   (effective rank below 1.5, or below 1 % of the rank that is possible), or have shrunk to a point (deviation below
///   0.05).
/// - partly collapsed: most of the room is unused: spread below 0.4 (mean similarity about 0.84), less than 10 % of the
///   possible rank, or a deviation below 0.1.
/// - healthy: none of these.
///
/// At the end: mean over the last tenth of the epochs, at least one, so that neither one noisy epoch nor a bad start
/// decides. Relative, so that one threshold serves all sizes: spread is the mean deviation of unit embeddings times
/// sqrt(D), 1 where they point everywhere alike; rank is (effective rank - 1) / (possible - 1), possible = min(D,
/// embeddings seen). Both look at directions and are blind to a common shrinking, as where a batch norm ends the head;
/// so where a loss has a variance term (VICReg, MLVICX: mean over dimensions of 1 - deviation, 0 above 1), one minus it
/// is the deviation; of several the smallest. Complete and dimensional collapse: Jing et al., ICLR 2022; partial
/// collapse without contrast: Li, Efros and Pathak, ECCV 2022.
///
/// It judges the embedding that the loss sees (of MLVICX the global one, and the deviations of both), not the encoder:
/// a collapsed embedding can stand on features that serve, and a healthy one on features that do not.
enum class Health { healthy, partly_collapsed, collapsed, diverged };

struct HealthReport {
    Health verdict = Health::healthy;
    double spread = 0;         ///< relative, at the end
    double effective_rank = 0; ///< at the end
    double rank_share = 0;     ///< of what is possible, 0..1; 1 where D or the films are fewer than two
    double deviation = 1;      ///< of the one that a variance term asks for; 1 where there is none
    std::string reason;        ///< "effective rank 11.8, 4 % of the possible 256; spread 0.71"
};

/// Of records as `pretrain` returns them; at least one.
HealthReport health_of(const std::vector<EpochRecord>& records);

/// "healthy", "partly collapsed", "collapsed", "diverged".
const char* name_of(Health health);

} // namespace mlvicx
