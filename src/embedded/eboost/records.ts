/** A row of Eboost's table `users`. */
export interface EboostUser {
  readonly id: number;
  readonly name: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A box as Eboost's API lists it, and its table `boxes` holds it. */
export interface EboostBox {
  readonly id: number;
  /** `Ebox_12`. */
  readonly uniqueId: string;
  readonly name: string;
  /** Whether it is in service. */
  readonly status: boolean;
  readonly city: string;
  readonly district: string;
  readonly address: string;
  readonly latitude: number;
  readonly longitude: number;
  /** Price in VND a kWh; API only. */
  readonly consumedFee: number;
  /** Outlets that can be used; API only. */
  readonly available: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A row of Eboost's table `transactions`: a charging session as it is billed. Money is VND. */
export interface EboostTransaction {
  readonly id: number;
  readonly invoiceId: string;
  readonly userId: number;
  readonly boxUniqueId: string;
  /** `Ebox_12_3`. */
  readonly outletUniqueId: string;
  readonly startTimeMs: number;
  /** Null while open. */
  readonly endTimeMs: number | null;
  readonly wattageConsumedKwh: number;
  readonly totalFeeVnd: number;
  readonly totalConsumedFeeVnd: number;
  readonly activationFeeVnd: number;
  readonly discountAmountVnd: number;
  readonly promotionCode: string | null;
  readonly promotionDiscountVnd: number;
  readonly paid: boolean;
  /** False while open. */
  readonly status: boolean;
  readonly reasonClosed: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
